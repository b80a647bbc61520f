import { Catch, type ExceptionFilter } from '@nestjs/common';
import { status } from '@grpc/grpc-js';
import { throwError, type Observable } from 'rxjs';
import { toStatus } from '#channel';
import { BanyanError } from '#errors';
import { log } from '#log';

/** The one place that makes gRPC statuses of errors. What is not a domain error is a fault of ours: logged whole, told as little. */
@Catch()
export class ErrorsFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    if (error instanceof BanyanError) return throwError(() => toStatus(error));
    log.say(
      'service.failed',
      `a call failed unexpectedly: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return throwError(() => ({
      code: status.INTERNAL,
      details: 'the engine failed on this call; its log says why',
    }));
  }
}
