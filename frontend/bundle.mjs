// Bundles scripts and styles into hashed files, and names them in manifest.json for the templates.
import { build } from "esbuild";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const outdir = process.argv[2];
if (!outdir) throw new Error("usage: node bundle.mjs OUTPUT_DIRECTORY");

await mkdir(outdir, { recursive: true });
const { metafile } = await build({
  entryPoints: { app: "src/app.ts", chart: "src/chart.ts", call: "src/call.ts", trace: "src/trace.ts", theme: "src/theme.ts", style: "styles/style.css" },
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  entryNames: "[name]-[hash]",
  metafile: true,
  logLevel: "warning",
});

const manifest = {};
for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
  if (entryPoint) manifest[path.basename(entryPoint).replace(/\.ts$/, ".js")] = path.basename(file);
}
await writeFile(path.join(outdir, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

// What an earlier build left goes last: a server that runs meanwhile always finds the files its manifest names.
const current = new Set([...Object.values(manifest), "manifest.json"]);
for (const file of await readdir(outdir)) {
  if (!current.has(file)) await rm(path.join(outdir, file), { recursive: true });
}
