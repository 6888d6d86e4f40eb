import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The Python in which Foretype is installed. PYTHONPATH may point to other sources. */
export const PYTHON = process.env.FORETYPE_PYTHON ?? at("../../../.venv/bin/python");

export const REAL_TOKEN = "the-fixed-token-of-a-test";

/** `foretype serve` with a prepared model. After a restart it has the same address, and prints another code. */
export class RealServer {
  #port = 0;
  #state = "";
  #process: ChildProcess | null = null;
  #link = "";
  readonly #settings: NodeJS.ProcessEnv;

  /** `settings`: more `FORETYPE_…` variables. */
  constructor(settings: NodeJS.ProcessEnv = {}) {
    this.#settings = settings;
  }

  /** 0 before the first start. */
  get port(): number {
    return this.#port;
  }

  get origin(): string {
    const scheme = this.#settings.FORETYPE_TLS_CERTIFICATE === undefined ? "http" : "https";
    return `${scheme}://127.0.0.1:${this.#port}`;
  }

  /** The folder with everything that the server keeps. */
  get state(): string {
    return this.#state;
  }

  /** The address that the server printed, with a code that works once. */
  get link(): string {
    return this.#link;
  }

  get code(): string {
    return this.#link.split("#code=")[1] ?? "";
  }

  /** Resolves when the server has printed its link, and is ready. */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    this.#state ||= await mkdtemp(join(tmpdir(), "foretype-state-"));
    const process = spawn(PYTHON, ["-m", "foretype", "serve"], { env: this.#environment(), stdio: "pipe" });
    this.#process = process;
    const said: string[] = [];
    this.#link = "";
    process.stderr.on("data", (data) => said.push(String(data)));
    for await (const line of createInterface(process.stdout)) {
      said.push(line);
      if (line.includes("#code=")) this.#link = line.trim();
      if (this.#link !== "") break;
    }
    if (this.#link === "") throw new Error(`The server ended before it was ready:\n${said.join("\n")}`);
    // Later output must not fill the pipe.
    process.stdout.resume();
  }

  /** Ends the server without a shutdown, as a crash does. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ends the server as `stop` does. It may be started again, and keeps its state. */
  async drain(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async stop(): Promise<void> {
    await this.drain();
    if (this.#state !== "") await rm(this.#state, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const process = this.#process;
    this.#process = null;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const exit = once(process, "exit");
    process.kill(signal);
    await exit;
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      FORETYPE_MODELS_DIR: at("../../../models/build"),
      ...process.env,
      FORETYPE_HOST: "127.0.0.1",
      FORETYPE_PORT: String(this.#port),
      FORETYPE_TOKEN: REAL_TOKEN,
      FORETYPE_STATE_DIR: this.#state,
      // The tests know the answers of this model. Another one could be the default.
      FORETYPE_MODEL: "smollm2-135m",
      PYTHONUNBUFFERED: "1",
      ...this.#settings,
    };
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("The machine has no free port");
  return address.port;
}
