// Complains about custom resources, a line each: node custom-resources.mjs <node_modules> <JSON list>.
// The operators' schemas know types and required fields; unknown keys are what TypeScript calls
// excess properties of a literal.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const packages = {
  "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
  "postgresql.cnpg.io/v1": "@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1",
};

const [, , modules, file] = process.argv;
const folder = resolve(modules);
const documents = JSON.parse(readFileSync(file, "utf8"));

for (const document of documents) {
  const title = `${document.kind}/${document.metadata.name}`;
  const path = join(folder, packages[document.apiVersion], `${document.kind}.js`);
  const module = await import(pathToFileURL(path));
  const Model = (module.default ?? module)[document.kind];
  try {
    new Model(document).validate();
  } catch (error) {
    console.log(`${title}: ${error.message}`);
  }
}
for (const complaint of typeErrors(documents)) console.log(complaint);

function typeErrors(documents) {
  const ts = createRequire(join(folder, "index.js"))("typescript");
  const lines = documents.map(
    ({ apiVersion, kind, ...rest }, at) =>
      `import { I${kind} as T${at} } from "${packages[apiVersion]}/${kind}";\n` +
      `const d${at}: T${at} = ${JSON.stringify({ apiVersion, kind, ...rest })};`,
  );
  // Beside the packages, or it would not find them; only in the compiler's eyes.
  const name = join(folder, "custom-resources.ts");
  const options = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.getSourceFile = (path, ...more) =>
    path === name
      ? ts.createSourceFile(name, lines.join("\n"), ts.ScriptTarget.Latest)
      : getSourceFile.call(host, path, ...more);
  const program = ts.createProgram([name], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}
