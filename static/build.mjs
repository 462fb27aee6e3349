// Builds static/dist: hashed style sheets, scripts, the icon sprite and the documentation viewers, plus manifest.json,
// which maps each logical name ("app.css") to the file that carries it. Run: node static/build.mjs
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const dist = join(here, "dist");
const modules = resolve(here, "..", "node_modules");

const ENTRIES = ["app.css", "docs.css", "app.js", "overview.js", "library.js", "insight.js", "capture.js", "taxonomy.js", "graphql.js", "graphql.css", "swagger-init.js", "redoc-init.js"];
const COPIES = {
  "favicon.svg": join(source, "favicon.svg"),
  "swagger-ui.css": join(modules, "swagger-ui-dist/swagger-ui.css"),
  "swagger-ui-bundle.js": join(modules, "swagger-ui-dist/swagger-ui-bundle.js"),
};
const ICONS = [
  "archive", "arrow-down", "arrow-up", "bold", "bookmark", "building-2", "chart-column", "check", "chevron-down",
  "chevron-left", "chevron-right", "circle-alert", "circle-check", "circle-dashed", "circle-help", "circle-user",
  "clock", "cloud-off", "code", "copy", "corner-down-right", "download", "ellipsis", "eye", "eye-off", "file-text",
  "folder", "folder-tree", "globe", "grip-vertical", "heading", "history", "image", "inbox", "info", "italic",
  "keyboard", "layout-grid", "link", "list", "list-checks", "list-ordered", "lock", "log-in", "menu", "merge",
  "palette", "paperclip", "pencil", "plus", "printer", "quote", "refresh-cw", "rotate-ccw", "rss", "save", "search",
  "sliders-horizontal", "split", "star", "tag", "trash-2", "triangle-alert", "undo-2", "upload", "user-round", "users",
  "x",
];
// Those that categories may have: ICONS in app/taxonomy/forms.py.
const CATEGORY_ICONS = [
  "archive", "book-open", "briefcase", "bug", "building-2", "calendar", "chart-column", "clock", "cloud", "code", "cog",
  "database", "file-text", "flask-conical", "folder", "gauge", "globe", "graduation-cap", "handshake", "heart", "image",
  "keyboard", "lightbulb", "link", "lock", "megaphone", "palette", "rocket", "server", "shield", "star", "tag", "truck",
  "user-plus", "users", "wrench", "zap",
];
const OWN_ICONS = ["priority-high", "priority-low", "priority-medium"];

// ReDoc loads its maker's logo from a CDN and has no option against it. The expression that makes the image becomes
// `null`; the text link beside it stays. The version is pinned, and a changed bundle stops the build.
const REDOC_LOGO = /\w+\?\w+\.createElement\("img",\{[^{}]*cdn\.redoc\.ly[^{}]*\}\):null/g;
// Its option for a nonce comes too late for the styles that it writes while it loads: it takes the nonce of its script.
const REDOC_NONCE = /(?<=\b\w+\.nc=)void 0/g;

function write(logicalName, content) {
  const extension = extname(logicalName);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const file = `${basename(logicalName, extension)}-${hash}${extension}`;
  writeFileSync(join(dist, file), content);
  return file;
}

async function bundle() {
  const { metafile } = await build({
    entryPoints: ENTRIES.map((name) => join(source, name)),
    outdir: dist,
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    metafile: true,
    format: "iife",
    target: ["chrome111", "firefox113", "safari16.4"],
    logLevel: "warning",
    absWorkingDir: here,
  });
  return Object.fromEntries(
    Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [basename(entryPoint), relative("dist", path)]),
  );
}

function sprite() {
  const icons = [
    ...[...new Set([...ICONS, ...CATEGORY_ICONS])].map((name) => [name, join(modules, "lucide-static/icons", `${name}.svg`)]),
    ...OWN_ICONS.map((name) => [name, join(source, "icons", `${name}.svg`)]),
  ];
  const symbols = icons.map(([name, path]) => {
    const svg = readFileSync(path, "utf8");
    const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
  });
  const licence = "<!-- Icons: Lucide (https://lucide.dev), ISC licence, (c) Lucide Icons and Contributors -->";
  return `<svg xmlns="http://www.w3.org/2000/svg">${licence}\n${symbols.join("\n")}\n</svg>\n`;
}

function replaceOnce(script, pattern, replacement) {
  const found = script.match(pattern)?.length ?? 0;
  if (found !== 1) throw new Error(`redoc: expected ${pattern} once, found it ${found} times; review it`);
  return script.replace(pattern, replacement);
}

function redoc() {
  const script = readFileSync(join(modules, "redoc/bundles/redoc.standalone.js"), "utf8");
  return replaceOnce(replaceOnce(script, REDOC_LOGO, "null"), REDOC_NONCE, "document.currentScript.nonce");
}

mkdirSync(dist, { recursive: true });
const manifest = await bundle();
for (const [name, path] of Object.entries(COPIES)) manifest[name] = write(name, readFileSync(path));
manifest["icons.svg"] = write("icons.svg", sprite());
manifest["redoc.js"] = write("redoc.js", redoc());

// The manifest changes in one step. The files of the last build stay until the next one: an application that runs
// meanwhile has read its manifest already.
const last = existsSync(join(dist, "manifest.json")) ? JSON.parse(readFileSync(join(dist, "manifest.json"))) : {};
const sorted = Object.fromEntries(Object.entries(manifest).sort());
writeFileSync(join(dist, "manifest.json.new"), `${JSON.stringify(sorted, null, 2)}\n`);
renameSync(join(dist, "manifest.json.new"), join(dist, "manifest.json"));
// A name tells what is in the file: what was compressed already is so still.
for (const file of Object.values(sorted)) {
  const compressed = join(dist, `${file}.gz`);
  if (!existsSync(compressed)) writeFileSync(compressed, gzipSync(readFileSync(join(dist, file)), { level: 9 }));
}
const files = [...Object.values(sorted), ...Object.values(last)];
const current = new Set([...files, ...files.map((file) => `${file}.gz`), "manifest.json"]);
for (const file of readdirSync(dist)) if (!current.has(file)) rmSync(join(dist, file), { recursive: true });
console.log(`static/dist: ${Object.keys(sorted).length} files`);
