// The metrics of the scripted host. As in Envoy, a metric that is defined again gets another id.

interface Metrics {
  counters: Map<string, number>;
  histograms: Map<string, number[]>;
}

/** The host calls that record in `metrics`. */
export function metricImports(
  metrics: Metrics,
  text: (start: number, size: number) => string,
  writeId: (out: number, id: number) => void,
): Record<string, (...args: number[]) => number> {
  const { counters, histograms } = metrics;
  const names: string[] = [];
  return {
    proxy_define_metric: (kind, start, size, out) => {
      const name = text(start, size);
      if (kind === 0) counters.set(name, counters.get(name) ?? 0);
      else histograms.set(name, histograms.get(name) ?? []);
      writeId(out, names.push(name));
      return 0;
    },
    proxy_increment_metric: (id, by) => {
      const name = names[id - 1]!;
      counters.set(name, counters.get(name)! + Number(by));
      return 0;
    },
    proxy_record_metric: (id, value) => {
      histograms.get(names[id - 1]!)!.push(Number(value));
      return 0;
    },
  };
}
