// Writes the types of openapi.json: `node generate.mjs FILE`. See docs/decisions/0039-generated-clients.md.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const STRING = ts.factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword);
// `string & {}`: any text, beside which an editor still offers the known ones. `string` alone would swallow them.
const ANY_OTHER = ts.factory.createParenthesizedType(
  ts.factory.createIntersectionTypeNode([STRING, ts.factory.createTypeLiteralNode([])]),
);

const document = JSON.parse(await readFile(new URL("../../openapi.json", import.meta.url), "utf8"));
const types = await openapiTS(document, {
  defaultNonNullable: false, // what has a default may be left out of a request
  transform(schema) {
    const known = schema["x-extensible-enum"];
    return known && ts.factory.createUnionTypeNode([...known.map(literal), ANY_OTHER]);
  },
});
await writeFile(process.argv[2], astToString(types));

function literal(value) {
  return ts.factory.createLiteralTypeNode(ts.factory.createStringLiteral(value));
}
