import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const COMMAND = process.env.FORETYPE_SERVE_COMMAND ?? `${at("../../../.venv/bin/python")} -m foretype serve`;

export const REAL_TOKEN = "a-fixed-token-for-the-browser-tests";

/** The server that people run, with the model that it serves them. */
export class RealServer {
  readonly #port: number;
  #process: ChildProcess | null = null;

  private constructor(port: number) {
    this.#port = port;
  }

  static async onFreePort(): Promise<RealServer> {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const address = probe.address();
    probe.close();
    await once(probe, "close");
    if (typeof address !== "object" || !address) throw new Error("no free port");
    return new RealServer(address.port);
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves when it is ready to complete. What it wrote is the error where it ends before. */
  async start(): Promise<void> {
    const [program = "", ...rest] = COMMAND.split(" ");
    const child = spawn(program, rest, { env: this.#environment(), stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        output += data;
      });
    }
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the server ended with ${code}:\n${output}`);
    });
    await Promise.race([ended, this.#ready()]);
    ended.catch(() => {});
  }

  /** Without warning, as a crash does it. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      FORETYPE_MODELS_DIR: at("../../../models/build"),
      ...process.env,
      PYTHONPATH: at("../../../backend"),
      FORETYPE_HOST: "127.0.0.1",
      FORETYPE_PORT: String(this.#port),
      FORETYPE_TOKEN: REAL_TOKEN,
    };
  }

  async #ready(): Promise<void> {
    while (this.#process) {
      const answer = await fetch(`${this.address}/healthz`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
