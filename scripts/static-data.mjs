// An asc transform that makes the module's static data smaller, in two ways:
//
// - `bytesOf("…")` of a literal is a constant: the data contains its UTF-8. Without the transform the
//   result is the same, but the data contains the literal in UTF-16, and code that runs at the start
//   encodes it.
// - Static objects don't have the size of their block, which only freeing them would need. With it
//   the zeros before an object's class are too few to be left out of the data.
import assemblyscript from "assemblyscript";
import { Transform } from "assemblyscript/transform";

const { LiteralKind, Node, NodeKind, Parser, Token } = assemblyscript;

// What comes before an object: its block's size, two fields of the garbage collector, the class and
// the object's size.
const headerBytes = 20;
const arrayBufferId = 1;

export default class StaticData extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) if (!source.isLibrary) replaceIn(source);
  }

  afterInitialize(program) {
    const header = program.OBJECTInstance;
    const { writeField } = header;
    header.writeField = (name, ...rest) =>
      name === "mmInfo" ? 0 : writeField.call(header, name, ...rest);
  }
}

function replaceIn(node) {
  for (const [key, value] of Object.entries(node)) {
    if (Array.isArray(value)) replaceIn(value);
    if (!(value instanceof Node) || key === "range") continue;
    replaceIn(value);
    const text = literalOfBytes(value);
    if (text !== null) node[key] = constant(text);
  }
}

function literalOfBytes(node) {
  const isCall = node.kind === NodeKind.Call && node.expression.text === "bytesOf";
  return isCall ? literal(node.args[0]) : null;
}

// The text of a literal, or of several that are joined by `+`; null for anything else.
function literal(node) {
  if (node.isLiteralKind(LiteralKind.String)) return node.value;
  if (node.kind !== NodeKind.Binary || node.operator !== Token.Plus) return null;
  const left = literal(node.left);
  const right = literal(node.right);
  return left === null || right === null ? null : left + right;
}

function constant(text) {
  const bytes = Buffer.from(text);
  const header = new Uint32Array([0, 0, 0, arrayBufferId, bytes.length]);
  const data = [...new Uint8Array(header.buffer), ...bytes].join();
  const code = `changetype<ArrayBuffer>(memory.data<u8>([${data}], 4) + ${headerBytes})`;
  const parser = new Parser();
  parser.parseFile(code, "static-data.ts", true);
  return parser.sources[0].statements[0].expression;
}
