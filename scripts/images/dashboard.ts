// Draws the results of the dashboard's queries as one SVG.

/** A panel with its results. */
export interface Drawn {
  title: string;
  isStat: boolean;
  /** In Grafana's grid of 24 columns. */
  place: { x: number; y: number; w: number; h: number };
  unit: string;
  lines: { name: string; points: { at: number; value: number }[] }[];
}

const column = 56;
const row = 27;
const gap = 6;
/** The most that a letter takes. */
const letter = 6.2;
const colours = ["#5b8ff9", "#61c0a0", "#f6bd16", "#e8684a", "#9270ca", "#269a99", "#ff9d4d"];
const caption =
  "The queries of the dashboard's panels, run by a Prometheus on a real Envoy with a mock provider. Drawn by scripts/images.ts, not by Grafana.";

/** The text of the SVG. */
export function drawDashboard(panels: Drawn[]): string {
  const rows = [...new Set(panels.map(({ place }) => place.y))].sort((a, b) => a - b);
  let top = 30;
  const parts: string[] = [];
  for (const y of rows) {
    const own = panels.filter(({ place }) => place.y === y);
    for (const panel of own) parts.push(drawPanel(panel, top));
    top += Math.max(...own.map(({ place }) => place.h)) * row;
  }
  const size = { width: 24 * column + gap, height: top + gap };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#111217"/>
${text(gap + 4, 19, caption, "#9aa0aa")}
${parts.join("\n")}
</svg>
`;
}

function drawPanel(panel: Drawn, top: number): string {
  const { place, title } = panel;
  const [x, width, height] = [place.x * column + gap, place.w * column - gap, place.h * row - gap];
  const frame = `<rect x="${x}" y="${top}" width="${width}" height="${height}" rx="3" fill="#1b1d24"/>`;
  const heading = text(x + 8, top + 16, title, "#ffffff");
  const body = panel.isStat
    ? drawValues(panel, x, top, width)
    : drawLines(panel, { x: x + 48, y: top + 28, width: width - 58, height: height - 66 });
  return [frame, heading, body].join("\n");
}

function drawValues({ lines, unit }: Drawn, x: number, top: number, width: number): string {
  const each = width / Math.max(lines.length, 1);
  return lines
    .map(({ name, points }, at) => {
      const value = format(points.at(-1)?.value ?? NaN, unit);
      const left = x + each * at + 10;
      const shown = `<text x="${left}" y="${top + 62}" font-size="26" fill="#73bf69">${value}</text>`;
      return shown + text(left, top + 84, name, "#9aa0aa");
    })
    .join("\n");
}

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

function drawLines({ lines, unit }: Drawn, area: Area): string {
  const points = lines.flatMap((line) => line.points).filter(({ value }) => !isNaN(value));
  const most = Math.max(...points.map(({ value }) => value), 0) || 1;
  const times = points.map(({ at }) => at);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const xOf = (at: number) => area.x + ((at - first) / (last - first || 1)) * area.width;
  const yOf = (value: number) => area.y + area.height - (value / most) * area.height;
  const grid = [0, 0.5, 1].map((share) => {
    const y = yOf(most * share);
    const rule = `<path d="M${area.x} ${round(y)}h${area.width}" stroke="#2c3038"/>`;
    return rule + text(area.x - 44, y + 4, format(most * share, unit), "#9aa0aa");
  });
  const longest = (Math.max(...lines.map(({ name }) => name.length)) + 2) * letter;
  const columns = Math.max(1, Math.floor((area.width + 40) / longest));
  const curves = lines.map((line, at) => {
    const known = line.points.filter(({ value }) => !isNaN(value));
    const path = known.map((point) => `${round(xOf(point.at))} ${round(yOf(point.value))}`);
    const colour = colours[at % colours.length] ?? "white";
    const legend = text(
      area.x - 40 + (at % columns) * longest,
      area.y + area.height + 16 + 13 * Math.floor(at / columns),
      line.name,
      colour,
    );
    return `<path d="M${path.join("L")}" fill="none" stroke="${colour}" stroke-width="1.5"/>${legend}`;
  });
  return [...grid, ...curves].join("\n");
}

function format(value: number, unit: string): string {
  if (isNaN(value)) return "–";
  if (unit === "percentunit") return `${(value * 100).toPrecision(3)}%`;
  const rounded = value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
  return unit === "ms" || unit === "s" ? `${rounded} ${unit}` : rounded;
}

const round = (value: number): string => value.toFixed(1);

function text(x: number, y: number, content: string, colour: string): string {
  const safe = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${round(x)}" y="${round(y)}" fill="${colour}">${safe}</text>`;
}
