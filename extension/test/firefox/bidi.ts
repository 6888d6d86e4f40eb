import { once } from "node:events";
import { WebSocket } from "ws";

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly error?: string;
  readonly message?: string;
  readonly result?: unknown;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A WebDriver BiDi connection: https://w3c.github.io/webdriver-bidi/ */
export class BiDi {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #ids = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#hear(JSON.parse(String(data)) as Reply));
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the browser has closed the connection"));
    });
  }

  static async open(url: string): Promise<BiDi> {
    const socket = new WebSocket(url);
    await once(socket, "open");
    return new BiDi(socket);
  }

  /** Resolves with the browser's answer. Rejects if the answer is an error, or the browser has ended. */
  send<Result>(method: string, params: object = {}): Promise<Result> {
    this.#ids += 1;
    const id = this.#ids;
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    }) as Promise<Result>;
  }

  close(): void {
    this.#socket.close();
  }

  #hear({ id, error, message, result }: Reply): void {
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || !waiting) return;
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(`${error}: ${message}`));
    else waiting.resolve(result);
  }
}
