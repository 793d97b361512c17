// Texts → documents, with positions. A text is YAML or JSON, with any number of documents.
// Documents without a value are left out. Nothing is kept between calls.
import {
  type Document as YamlTree,
  LineCounter,
  parseAllDocuments,
  Schema,
  type YAMLError,
} from "yaml";
import { type DiagnosticCode, diagnosticCodes, type Report } from "../diagnostics.ts";
import { isFieldName } from "../model/shown-fields.ts";
import { inspectNodes } from "./inspect-nodes.ts";
import { type SourceFile, YamlDocument } from "./yaml-document.ts";

/** One input file, read by the caller: parsing does no I/O. */
export interface SourceText {
  /** The name that diagnostics give. */
  file: string;
  /** Undefined if the file is not UTF-8. */
  text: string | undefined;
}

/**
 * A document that expands aliases more often is refused, as a short text could otherwise become
 * gigabytes.
 */
const maxAliases = 100;

/** The documents in `sources`, in their order. What can't be read is reported and left out. */
export function parse(sources: readonly SourceText[], report: Report): YamlDocument[] {
  return sources.flatMap((source) => readDocuments(source, report));
}

/**
 * The documents of one file that hold a value. Those with syntax errors are reported and left out. A
 * duplicate key is reported, and its last value taken.
 */
function readDocuments(source: SourceText, report: Report): YamlDocument[] {
  const positions = new LineCounter();
  const fault = faultReporter(source.file, positions, report);
  if (source.text === undefined) {
    fault("not_utf8", 0, "is not UTF-8 text");
    return [];
  }
  const parsed = parseText(source.text, positions);
  if (parsed === undefined) {
    fault("yaml_syntax", 0, "is nested too deeply");
    return [];
  }
  const file: SourceFile = { file: source.file, text: source.text, positions };
  return parsed.flatMap((document) => readDocument(document, file, fault) ?? []);
}

type Fault = (code: DiagnosticCode, offset: number, message: string) => void;

function faultReporter(file: string, positions: LineCounter, report: Report): Fault {
  return (code, offset, message) => {
    const { line, col } = positions.linePos(offset);
    const severity = diagnosticCodes[code];
    const position = { line: Math.max(line, 1), column: Math.max(col, 1) };
    report({ code, severity, file, ...position, path: "", message });
  };
}

function parseText(text: string, lineCounter: LineCounter): YamlTree[] | undefined {
  try {
    // The library's own check for unique keys is quadratic; inspectNodes has a linear one.
    const options = {
      version: "1.2",
      // One for all documents of the file: making it takes as long as parsing a small document.
      schema: new Schema({ schema: "core", resolveKnownTags: true }),
      uniqueKeys: false,
      logLevel: "silent",
    } as const;
    return parseAllDocuments(text, { ...options, prettyErrors: false, lineCounter });
  } catch (error) {
    // The parser is recursive, and throws only if its input is nested too deeply.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readDocument(
  document: YamlTree,
  file: SourceFile,
  fault: Fault,
): YamlDocument | undefined {
  const [error] = [...document.errors].sort((a, b) => a.pos[0] - b.pos[0]);
  if (error !== undefined) {
    // One for a document, as others mostly follow from the first.
    fault("yaml_syntax", error.pos[0], syntaxMessage(error));
    return undefined;
  }
  const found = inspectNodes(document);
  for (const { offset, key } of found.duplicateKeys) {
    const name = isFieldName(key) ? ` ${JSON.stringify(key)}` : "";
    fault("duplicate_key", offset, `duplicate key${name}`);
  }
  for (const { offset } of found.danglingAliases) {
    fault("yaml_syntax", offset, `is not valid YAML: ${messages.BAD_ALIAS}`);
  }
  if (found.danglingAliases.length > 0) return undefined;
  const value = plainValue(document, fault);
  return value === null || value === undefined
    ? undefined
    : new YamlDocument(file, document, value);
}

function plainValue(document: YamlTree, fault: Fault): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const offset = document.contents?.range?.[0] ?? 0;
    fault("too_many_aliases", offset, `aliases expand more than ${maxAliases} times`);
    return undefined;
  }
}

// The library's messages quote the source, which may hold a key.
function syntaxMessage(error: YAMLError): string {
  return `is not valid YAML: ${messages[error.code] ?? "it can't be read from here on"}`;
}

const messages: Partial<Record<YAMLError["code"], string>> = {
  ALIAS_PROPS: "an alias can't have an anchor or a tag",
  BAD_ALIAS: "an alias must name an anchor that is defined before it",
  BAD_COLLECTION_TYPE: "the tag does not match the value",
  BAD_DIRECTIVE: "unknown directive",
  BAD_DQ_ESCAPE: "unknown escape in double quotes; write \\\\ for a backslash",
  BAD_INDENT: "the indentation does not match the lines above",
  BAD_PROP_ORDER: "anchors and tags must come before the value",
  BAD_SCALAR_START: "a value that begins with this character must be quoted",
  BLOCK_AS_IMPLICIT_KEY: "a mapping or list can't begin here; quote the value, or begin a new line",
  BLOCK_IN_FLOW: "only {} and [] can be used inside {} and []",
  KEY_OVER_1024_CHARS: "a key may have at most 1024 characters",
  MISSING_CHAR: "a closing quote, a bracket, a comma, a colon or a space is missing",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line; perhaps a colon is missing",
  TAB_AS_INDENT: "indent with spaces instead of tabs",
  TAG_RESOLVE_FAILED: "the value does not match its tag",
  UNEXPECTED_TOKEN: "this is not expected here",
};
