import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";

/** A socket left behind by a killed process refuses; only a living server accepts. */
export async function isServed(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return false;
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
