// An asc transform that removes `log(LogLevelValues.debug, …)` from the proxy-wasm SDK. The
// messages list every open stream, and are built at every log level (35 µs per request at 500
// streams). One of them contains the whole plugin configuration.
import assemblyscript from "assemblyscript";
import { Transform } from "assemblyscript/transform";

const sdk = "@solo-io/proxy-runtime";
const nested = ["members", "body", "ifTrue", "ifFalse", "declaration"];

export default class StripDebugLogs extends Transform {
  afterParse(parser) {
    const sources = parser.sources.filter((source) => source.internalPath.includes(sdk));
    for (const source of sources) source.statements.forEach(strip);
  }
}

function strip(node) {
  if (node === null || typeof node !== "object") return;
  if (Array.isArray(node.statements)) {
    node.statements = node.statements.filter((statement) => !isDebugLog(statement));
    node.statements.forEach(strip);
  }
  for (const key of nested) [node[key]].flat().forEach(strip);
}

function isDebugLog(statement) {
  const call = statement.kind === assemblyscript.NodeKind.Expression ? statement.expression : null;
  if (call?.kind !== assemblyscript.NodeKind.Call || call.expression.text !== "log") return false;
  const [level] = call.args;
  return level.kind === assemblyscript.NodeKind.PropertyAccess && level.property.text === "debug";
}
