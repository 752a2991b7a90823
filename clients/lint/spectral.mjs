// Looks for mistakes in an OpenAPI document: `node spectral.mjs FILE` prints each and ends with 1 if there is any.
import { readFile } from "node:fs/promises";
import spectralCore from "@stoplight/spectral-core";
import spectralParsers from "@stoplight/spectral-parsers";
import spectralRulesets from "@stoplight/spectral-rulesets";

const { Document, Spectral } = spectralCore;
const { Json } = spectralParsers;
const RULES = {
  extends: [[spectralRulesets.oas, "all"]],
  rules: {
    // Whom to ask is whoever runs the server, whom the document does not know.
    "info-contact": "off",
    // They stand in the order of a booking's life, as `/docs` shows them.
    "openapi-tags-alphabetical": "off",
    // Paths have had their slash since before this document; without it they are served too.
    "path-keys-no-trailing-slash": "off",
  },
};

const spectral = new Spectral();
spectral.setRuleset(RULES);
const found = await spectral.run(new Document(await readFile(process.argv[2], "utf8"), Json, process.argv[2]));
for (const { code, message, path, range } of found) {
  console.log(`${range.start.line + 1}: ${code}: ${message} (${path.join(".")})`);
}
process.exitCode = found.length > 0 ? 1 : 0;
