declare module "dynalite" {
  import type { Server } from "node:http";

  interface Options {
    /** LevelDB directory; without it everything stays in memory. */
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }
  export default function dynalite(options: Options): Server;
}
