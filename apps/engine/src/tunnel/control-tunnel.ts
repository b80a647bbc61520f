import { Injectable } from '@nestjs/common';

@Injectable()
export class ControlTunnel {
  readonly up = false;
  readonly guarded = false;
  readonly detail = 'not built yet';
}
