import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort, PYTHON, RealServer } from "./real-server.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDERS = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"];

/** The path of HAProxy. Undefined if it is not installed. */
export const HAPROXY = FOLDERS.map((folder) => join(folder, "haproxy")).find((path) => existsSync(path));

const WRITE = `
import json, sys
from deploy.machine import haproxy
print(haproxy(json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]))
`;

/** Real servers behind HAProxy, with the configuration that deploy/machine.py writes. */
export class RealServers {
  readonly origin: string;
  readonly servers: readonly RealServer[];
  readonly #folder: string;
  readonly #haproxy: ChildProcess;

  private constructor(origin: string, servers: readonly RealServer[], folder: string, haproxy: ChildProcess) {
    this.origin = origin;
    this.servers = servers;
    this.#folder = folder;
    this.#haproxy = haproxy;
  }

  /** Resolves when all servers are ready and HAProxy knows it. */
  static async start(count: number): Promise<RealServers> {
    const host = `127.0.0.1:${await freePort()}`;
    const operations = await Promise.all(Array.from({ length: count }, freePort));
    const servers = operations.map((port) => new RealServer(settingsOf(host, port)));
    await Promise.all(servers.map((server) => server.start()));
    const folder = await mkdtemp(join(tmpdir(), "foretype-haproxy-"));
    const file = join(folder, "haproxy.cfg");
    const lines = servers.map(({ port }, number) => [`s${number}`, port, operations[number]]);
    const asked = [JSON.stringify(lines), host, join(folder, "admin.sock")];
    const { stdout } = await run(PYTHON, ["-c", WRITE, ...asked], { cwd: ROOT });
    await writeFile(file, stdout);
    const haproxy = spawn(HAPROXY ?? "", ["-db", "-q", "-f", file], { stdio: "ignore" });
    const origin = `http://${host}`;
    await answers(origin);
    return new RealServers(origin, servers, folder, haproxy);
  }

  /** Starts a server that has ended, and waits until HAProxy has asked it. */
  async restart(server: RealServer): Promise<void> {
    await server.start();
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    if (this.#haproxy.exitCode === null) {
      const exit = once(this.#haproxy, "exit");
      this.#haproxy.kill("SIGKILL");
      await exit;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const settingsOf = (host: string, operations: number) => ({
  FORETYPE_OPERATIONS_PORT: String(operations),
  FORETYPE_ALLOWED_HOSTS: host,
  FORETYPE_TLS_IN_FRONT: "true",
  FORETYPE_DRAIN_SECONDS: "1",
  FORETYPE_THREADS: "1",
});

/** HAProxy answers 503 until it has found a server ready. */
async function answers(origin: string): Promise<void> {
  const isReady = () =>
    fetch(`${origin}/healthz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 50));
}
