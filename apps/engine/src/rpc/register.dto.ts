import { ArrayMaxSize, IsArray, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import type { RegisterRequest } from '#protocol';

/** Printable ASCII without spaces: what may reach a log line or a terminal as it is. */
const WORD = /^[\x21-\x7e]*$/;

/** What an agent may report of itself. None of it is an identity: that is the key it proved. */
export class RegisterDto implements RegisterRequest {
  @MaxLength(63)
  @Matches(WORD)
  agentName = '';

  @MaxLength(255)
  @Matches(WORD)
  apiAddress = '';

  /** Clients of the Go project send one; it proves nothing here and is not kept. */
  @IsString()
  @MaxLength(1024)
  sessionToken = '';

  @IsArray()
  @ArrayMaxSize(32)
  @MaxLength(63, { each: true })
  @Matches(WORD, { each: true })
  tags: string[] = [];

  @MaxLength(64)
  @Matches(WORD)
  wgPublicKey = '';

  @MaxLength(255)
  @Matches(WORD)
  hostIp = '';

  @IsInt()
  @Min(0)
  @Max(0xffff_ffff)
  protocolVersion = 0;

  @MaxLength(63)
  @Matches(WORD)
  version = '';

  @IsInt()
  @Min(0)
  @Max(65_535)
  wgPort = 0;

  @IsArray()
  @ArrayMaxSize(1_000)
  @MaxLength(18, { each: true })
  @Matches(WORD, { each: true })
  hostRoutes: string[] = [];

  @MaxLength(18)
  @Matches(WORD)
  subnet = '';
}
