import type { Client } from '@grpc/grpc-js';
import type { EngineSettings } from '#config';
import { BanyanError } from '#errors';
import type { AdminServiceClient } from '#protocol';
import { socketAnswers, socketFailure } from '../socket-answers.js';

/** The engine that runs on this host. */
export interface RunningEngine {
  readonly admin: AdminServiceClient;
  /** One call; `timeoutMs` is for those that are meant to take long. @throws BanyanError of the kind the engine sent; `unavailable` when it hangs. */
  readonly call: AdminCall;
  close(): void;
}

type AdminCall = <M extends AdminMethod>(
  method: M,
  request: Parameters<AdminServiceClient[M]>[0],
  timeoutMs?: number,
) => Promise<AdminAnswer<M>>;

type AdminMethod = Exclude<keyof AdminServiceClient, keyof Client>;
type AdminAnswer<M extends AdminMethod> =
  import('#protocol').AdminServiceServer[M] extends import('@grpc/grpc-js').handleUnaryCall<
    infer _Request,
    infer Answer
  >
    ? Answer
    : never;

const CALL_TIMEOUT_MS = 10_000;
const WHAT = "the engine's admin socket";

/** @throws BanyanError `host` when the socket may not be used. */
export function isRunning(settings: EngineSettings): Promise<boolean> {
  return socketAnswers(socketOf(settings), WHAT);
}

function socketOf({ runDir }: EngineSettings): string {
  return `${runDir}/admin.sock`;
}

/**
 * @returns undefined when no engine runs here: nothing listens on its admin socket.
 * @throws BanyanError `host` when the socket may not be used.
 */
export async function runningEngine(settings: EngineSettings): Promise<RunningEngine | undefined> {
  const path = socketOf(settings);
  if (!(await socketAnswers(path, WHAT))) return undefined;
  const [{ credentials, Metadata }, { AdminServiceClient }, { callUnary }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('#protocol'),
    import('#channel'),
  ]);
  const admin = new AdminServiceClient(`unix:${path}`, credentials.createInsecure());
  const call: AdminCall = (method, request, timeoutMs = CALL_TIMEOUT_MS) =>
    callUnary(admin, method, request as never, new Metadata(), timeoutMs).catch((error: unknown) => {
      throw socketFailure(error, 'engine');
    }) as Promise<never>;
  return { admin, call, close: () => admin.close() };
}

/** What a running engine says. @throws BanyanError `unavailable` when none runs here. */
export async function askEngine<T>(
  settings: EngineSettings,
  question: (engine: RunningEngine) => Promise<T>,
): Promise<T> {
  const engine = await runningEngine(settings);
  if (engine === undefined) {
    throw new BanyanError('unavailable', 'no engine is running here', {
      remedy: 'sudo systemctl start banyan-engine',
    });
  }
  try {
    return await question(engine);
  } finally {
    engine.close();
  }
}
