// An asc transform that removes from the proxy-wasm SDK what the filter doesn't use:
//
// - `log(LogLevelValues.debug, …)`. The messages list every open stream, and are built at every log
//   level (35 µs per request at 500 streams). One of them contains the whole plugin configuration.
// - The objects through which its users call the host, which are made at the start.
import assemblyscript from "assemblyscript";
import { Transform } from "assemblyscript/transform";

const { NodeKind } = assemblyscript;
const sdk = "@solo-io/proxy-runtime";
const unusedObjects = ["globalU32Ref", "globalU64Ref", "globalUsizeRef", "stream_context"];
const nested = ["members", "body", "ifTrue", "ifFalse", "declaration"];

export default class StripSdk extends Transform {
  afterParse(parser) {
    const sources = parser.sources.filter((source) => source.internalPath.includes(sdk));
    for (const source of sources) {
      source.statements = source.statements.filter((statement) => !isUnused(statement));
      source.statements.forEach(strip);
    }
  }
}

function isUnused(statement) {
  if (statement.kind === NodeKind.Export) {
    statement.members = statement.members?.filter((member) => !isUnusedName(member.localName));
  }
  return statement.kind === NodeKind.Variable && isUnusedName(statement.declarations[0].name);
}

function isUnusedName(name) {
  return unusedObjects.includes(name.text);
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
  const call = statement.kind === NodeKind.Expression ? statement.expression : null;
  if (call?.kind !== NodeKind.Call || call.expression.text !== "log") return false;
  const [level] = call.args;
  return level.kind === NodeKind.PropertyAccess && level.property.text === "debug";
}
