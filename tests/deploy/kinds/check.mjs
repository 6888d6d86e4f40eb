// Checks objects of kinds that Kubernetes itself does not have: `node check.mjs <objects.json`. Prints one line for each mistake.
// The packages' validators check values and what is required. They let unknown members pass, so the types check those.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const PACKAGES = {
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};
const OPTIONS = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

/** The module of an object's kind; null if no package has the kind. */
async function moduleOf({ apiVersion, kind }) {
  const name = `${PACKAGES[apiVersion.split("/")[0]]}/${apiVersion}/${kind}`;
  try {
    return { name, model: (await import(name))[kind] };
  } catch {
    return null;
  }
}

function wrongValues(Model, object) {
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

/** What the types say of `source`, as a file in this folder that exists in memory only; each with its line, from 0. */
function wrongTypes(source) {
  const file = join(import.meta.dirname, "objects.mts");
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (path) => path === file || fileExists.call(host, path);
  host.getSourceFile = (path, language, ...rest) =>
    path === file ? ts.createSourceFile(file, source, language) : getSourceFile.call(host, path, language, ...rest);
  const found = ts.getPreEmitDiagnostics(ts.createProgram([file], OPTIONS, host));
  return found.map(({ messageText, file, start }) => ({
    line: file?.getLineAndCharacterOfPosition(start).line,
    words: ts.flattenDiagnosticMessageText(messageText, " "),
  }));
}

const objects = JSON.parse(readFileSync(0, "utf8"));
const mistakes = [];
const lines = [];
const names = [];
for (const [number, object] of objects.entries()) {
  const { apiVersion, kind, metadata } = object;
  const name = `${kind}/${metadata.name}`;
  const found = await moduleOf(object);
  if (found) {
    mistakes.push(...wrongValues(found.model, object).map((words) => `${name}: ${words}`));
    const type = `import("${found.name}").I${kind}`;
    lines.push(`export const o${number}: ${type} = ${JSON.stringify(object)};`);
    names.push(name);
  } else {
    mistakes.push(`${name}: unknown kind ${apiVersion} ${kind}`);
  }
}
mistakes.push(...wrongTypes(lines.join("\n")).map(({ line, words }) => `${names[line]}: ${words}`));
for (const mistake of mistakes) console.log(mistake);
process.exit(mistakes.length > 0 ? 1 : 0);
