// The metrics and labels in a PromQL expression, parsed with Prometheus' own grammar.
import { parser } from "@prometheus-io/lezer-promql";

export interface Selector {
  metric: string;
  /** The labels in its matchers and in the aggregations around it. */
  labels: string[];
}

/** The series that an expression selects; throws if the expression is not valid PromQL. */
export function readSelectors(expression: string): Selector[] {
  const selectors: Selector[] = [];
  const groupings: { end: number; labels: string[] }[] = [];
  const tree = parser.parse(expression);
  tree.iterate({
    enter: ({ type, node, from, to }) => {
      while (groupings.length > 0 && groupings.at(-1)!.end <= from) groupings.pop();
      if (type.isError) throw new Error(`${expression}\n${" ".repeat(from)}^ is not valid PromQL`);
      if (type.name === "AggregateExpr") {
        const modifier = node.getChild("AggregateModifier")?.getChild("GroupingLabels");
        const labels = modifier?.getChildren("LabelName").map((label) => textOf(label)) ?? [];
        groupings.push({ end: to, labels });
      } else if (type.name === "VectorSelector") {
        const metric = node.getChild("Identifier");
        if (metric === null) throw new Error(`${expression} selects series without a metric name`);
        const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
        const own = matchers.map((matcher) => textOf(matcher.getChild("LabelName")!));
        const around = groupings.flatMap(({ labels }) => labels);
        selectors.push({ metric: textOf(metric), labels: [...own, ...around] });
      }
    },
  });
  return selectors;

  function textOf({ from, to }: { from: number; to: number }): string {
    return expression.slice(from, to);
  }
}
