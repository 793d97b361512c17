// Parses Envoy's metrics as Prometheus does.

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** The samples in a text in Prometheus' exposition format. */
export function parseScrape(text: string): Sample[] {
  return [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels, value]) => ({
    name: name!,
    labels: parseLabels(labels ?? ""),
    value: Number(value),
  }));
}

/** The sum of a metric's samples that have at least these labels. */
export function sumOf(
  samples: Sample[],
  name: string,
  labels: Record<string, string> = {},
): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) =>
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}

function parseLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(pairs.map(([, key, value]) => [key!, value!] as const));
}
