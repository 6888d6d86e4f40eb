import { waitBefore } from "./backoff.ts";
import { type ClientFrame, readFrame, type ServerFrame, SUBPROTOCOL, UNAUTHORIZED, type Welcome } from "./frames.ts";

/** The states of a connection. The set is closed. */
export type ConnectionState =
  | "closed" // not needed now
  | "connecting" // the first attempt
  | "ready" // the server has sent `welcome`
  | "lost" // the server is unreachable; the connection retries by itself
  | "refused"; // the server does not accept the token; there is no retry

export interface Server {
  readonly socketUrl: string;
  readonly token: string;
}

export interface Listener {
  state(state: ConnectionState): void;
  welcome(welcome: Welcome): void;
  frame(frame: ServerFrame): void;
}

/** The parts of the browser that a connection uses. A test replaces them. */
export interface World {
  open(url: string, protocol: string): WebSocket;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number;
}

const BROWSER: World = {
  open: (url, protocol) => new WebSocket(url, protocol),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as number),
  random: Math.random,
};

/** If a server accepts the connection but sends no `welcome` within this time, it counts as unreachable. */
const WELCOME_WITHIN_MS = 5000;

/** One WebSocket to one server: it sends `hello`, reads frames, and reconnects by itself after growing, partly random waits. */
export class Connection {
  readonly #server: Server;
  readonly #client: string;
  readonly #listener: Listener;
  readonly #world: World;
  #state: ConnectionState = "closed";
  #socket: WebSocket | null = null;
  #timer: unknown;
  #attempt = 0;

  constructor(server: Server, client: string, listener: Listener, world: World = BROWSER) {
    this.#server = server;
    this.#client = client;
    this.#listener = listener;
    this.#world = world;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Opens the connection if it is closed. */
  open(): void {
    if (this.#state === "closed") this.#connect();
  }

  close(): void {
    this.#world.clearTimeout(this.#timer);
    this.#forgetSocket();
    this.#become("closed");
  }

  /** False if the frame can't be sent now. */
  send(frame: ClientFrame): boolean {
    if (this.#state !== "ready" || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** The socket looks open, but no answers arrive: drops it and reconnects. */
  doubt(): void {
    if (this.#state === "ready") this.#lose(0);
  }

  #connect(): void {
    if (this.#state !== "lost") this.#become("connecting");
    const socket = this.#world.open(this.#server.socketUrl, SUBPROTOCOL);
    this.#socket = socket;
    // A dropped socket may still call its listeners. Only the newest socket counts.
    const current = () => this.#socket === socket;
    socket.onopen = () => {
      if (current()) socket.send(JSON.stringify({ type: "hello", token: this.#server.token, client: this.#client }));
    };
    socket.onmessage = ({ data }) => {
      if (current()) this.#receive(readFrame(data));
    };
    socket.onclose = ({ code }) => {
      if (current()) this.#lose(code);
    };
    this.#timer = this.#world.setTimeout(() => this.#lose(0), WELCOME_WITHIN_MS);
  }

  #receive(frame: ServerFrame | null): void {
    if (frame?.type === "welcome") {
      this.#world.clearTimeout(this.#timer);
      this.#attempt = 0;
      this.#become("ready");
      this.#listener.welcome(frame);
    } else if (frame) this.#listener.frame(frame);
  }

  #lose(code: number): void {
    this.#world.clearTimeout(this.#timer);
    this.#forgetSocket();
    if (code === UNAUTHORIZED) return this.#become("refused");
    this.#become("lost");
    this.#timer = this.#world.setTimeout(() => this.#connect(), waitBefore(this.#attempt, this.#world.random()));
    this.#attempt += 1;
  }

  #forgetSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #become(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.state(state);
  }
}
