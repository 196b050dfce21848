/** Connections over HTTP and HTTPS that are kept and shared; the usual proxy variables apply. */
import * as http from "node:http";
import * as https from "node:https";
import { createSecureContext, getCACertificates } from "node:tls";

export class HttpAgents {
  readonly #plainAgent: http.Agent;
  readonly #agentOptions: http.AgentOptions;
  #secureAgentOrNone: https.Agent | undefined;

  constructor(environment: NodeJS.ProcessEnv, maxConnectionsPerHost: number) {
    this.#agentOptions = { keepAlive: true, maxSockets: maxConnectionsPerHost, proxyEnv: environment };
    this.#plainAgent = new http.Agent(this.#agentOptions);
  }

  /** Trusts what the host trusts (a company's proxy has its certificate there), besides what Node brings. */
  get #secureAgent(): https.Agent {
    this.#secureAgentOrNone ??= new https.Agent({
      ...this.#agentOptions,
      secureContext: createSecureContext({ ca: [...getCACertificates("default"), ...getCACertificates("system")] }),
    });
    return this.#secureAgentOrNone;
  }

  get(
    url: URL,
    options: http.RequestOptions,
    onResponse: (response: http.IncomingMessage) => void,
  ): http.ClientRequest {
    if (url.protocol === "https:") return https.get(url, { ...options, agent: this.#secureAgent }, onResponse);
    return http.get(url, { ...options, agent: this.#plainAgent }, onResponse);
  }

  close(): void {
    this.#plainAgent.destroy();
    this.#secureAgentOrNone?.destroy();
  }
}
