// Draws lines of a terminal as an SVG.

const character = 7.8;
const line = 18;

/** The text of the SVG. The first line is a heading. */
export function drawTerminal(lines: string[]): string {
  const width = Math.max(...lines.map(({ length }) => length)) * character + 32;
  const rows = lines.map((content, at) => {
    const safe = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const colour = at === 0 ? "#9aa0aa" : /rejected|error/.test(content) ? "#ff9d4d" : "#d8d9da";
    return `<text x="16" y="${(at + 1) * line + 10}" fill="${colour}" xml:space="preserve">${safe}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(width)} ${lines.length * line + 28}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13">
<rect width="100%" height="100%" rx="6" fill="#111217"/>
${rows.join("\n")}
</svg>
`;
}
