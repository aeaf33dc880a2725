// After `vite build`: refuses a bundle that has grown past its budget, then lays a .br and a .gz beside every text file.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = new URL("../dist", import.meta.url).pathname;
const KIB = 1024;
// Source: the UI's acceptance criterion on bundle size.
const BUDGET_BYTES = { firstRouteJs: 80 * KIB, allJs: 100 * KIB, allCss: 12 * KIB };
const TEXT = /\.(?:html|js|css|svg|json|webmanifest)$/;

const walk = (dir) =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
const zipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length;
const sum = (paths) => paths.reduce((total, path) => total + zipped(path), 0);

const manifestPath = join(DIST, "manifest.json");
const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
const first = new Set();
const follow = (key) => {
  const chunk = manifest[key];
  if (!chunk || first.has(chunk.file)) return;
  first.add(chunk.file);
  (chunk.imports ?? []).forEach(follow);
};
Object.keys(manifest).filter((key) => manifest[key].isEntry).forEach(follow);

// The manifest has told what it was made for; the daemon need not serve it.
rmSync(manifestPath);
const files = walk(DIST).filter((path) => !/\.(?:br|gz)$/.test(path));
const sizes = {
  firstRouteJs: sum([...first].filter((file) => file.endsWith(".js")).map((file) => join(DIST, file))),
  allJs: sum(files.filter((path) => path.endsWith(".js"))),
  allCss: sum(files.filter((path) => path.endsWith(".css"))),
};
let over = false;
for (const [name, bytes] of Object.entries(sizes)) {
  const budget = BUDGET_BYTES[name];
  over ||= bytes > budget;
  process.stdout.write(`${name}: ${(bytes / KIB).toFixed(1)} KB gzip of ${budget / KIB}\n`);
}
if (over) {
  process.stderr.write("The bundle is over its budget: load a screen lazily, or argue for a new budget in scripts/pack.mjs.\n");
  process.exit(1);
}

for (const path of files.filter((file) => TEXT.test(file))) {
  const bytes = readFileSync(path);
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, brotli));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}
process.stdout.write(`packed ${files.filter((f) => TEXT.test(f)).map((f) => relative(DIST, f)).join(", ")}\n`);
