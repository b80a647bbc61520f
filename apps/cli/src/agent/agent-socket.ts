import { join } from 'node:path';
import type { AgentSettings } from '#config';
import { BanyanError } from '#errors';
import type { LogLevelRequest, LogLevelResponse, RotateResult } from '#protocol';
import { socketAnswers, socketFailure } from '../socket-answers.js';

const CALL_TIMEOUT_MS = 10_000;

/** Whether an agent runs here and hears us. @throws BanyanError `host` when its socket may not be used. */
export function agentAnswers(settings: Pick<AgentSettings, 'runDir'>): Promise<boolean> {
  return socketAnswers(socketOf(settings), "the agent's socket");
}

/** Has the running agent rotate its key. @param say progress. @throws BanyanError of the kind the agent sent. */
export async function rotateRunning(
  settings: Pick<AgentSettings, 'runDir'>,
  say: (sentence: string) => void,
): Promise<RotateResult> {
  const [{ credentials }, { AgentServiceClient }, { fromStatus }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('#protocol'),
    import('#channel'),
  ]);
  const client = new AgentServiceClient(`unix:${socketOf(settings)}`, credentials.createInsecure());
  let result: RotateResult | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      client
        .rotate({})
        .on('data', ({ message }: import('#protocol').RotateResponse) => {
          if (message?.$case === 'saying') say(message.value);
          else result = message?.value;
        })
        .on('error', (error) => reject(fromStatus(error as Parameters<typeof fromStatus>[0])))
        .on('end', resolve);
    });
  } finally {
    client.close();
  }
  if (result) return result;
  throw new BanyanError('unavailable', 'the agent did not say what came of it', {
    remedy: '`banyan-agent status` shows its key.',
  });
}

/**
 * Shows or changes what the log of the running agent tells.
 *
 * @throws BanyanError of the kind the agent sent; `unavailable` when it hangs.
 */
export async function askForLogLevel(
  settings: Pick<AgentSettings, 'runDir'>,
  request: LogLevelRequest,
  timeoutMs = CALL_TIMEOUT_MS,
): Promise<LogLevelResponse> {
  const [{ credentials, Metadata }, { AgentServiceClient }, { callUnary }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('#protocol'),
    import('#channel'),
  ]);
  const client = new AgentServiceClient(`unix:${socketOf(settings)}`, credentials.createInsecure());
  try {
    return await callUnary(client, 'logLevel', request, new Metadata(), timeoutMs);
  } catch (error) {
    throw socketFailure(error, 'agent');
  } finally {
    client.close();
  }
}

function socketOf({ runDir }: Pick<AgentSettings, 'runDir'>): string {
  return join(runDir, 'agent.sock');
}
