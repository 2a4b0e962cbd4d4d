// Build the component in JavaScript: `npm ci`, then `node build.mjs TARGET.wasm`.

import { readFile, writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const here = new URL(".", import.meta.url).pathname;
const { component } = await componentize(await readFile(`${here}spelling.js`, "utf8"), {
  witPath: `${here}../spelling.wit`,
  worldName: "cell",
  disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"], // a cell gets no WASI
});
await writeFile(process.argv[2], component);
