import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';
import { tunnelAddress } from '#crypto';
import { BanyanError } from '#errors';
import { Turns } from '#host';
import {
  KeysDirectory,
  addClientFile,
  admit,
  checkRotation,
  clockWarning,
  endOf,
  expiryWarnings,
  isSameDirectory,
  removeClientFile,
  rotateClientFile,
  systemClock,
  type AddClientRequest,
  type AddedClient,
  type AdmissionRecord,
  type Client,
  type ClientName,
  type ClientRotation,
  type DirectoryReading,
  type ExpiryDate,
  type FirstAdmission,
} from '#whitelist';
import { log } from '#log';
import { Announcements } from './announcements.js';
import { CredibleTime } from './credible-time.js';
import { keepClients, standingsAfter, type Continued, type Standings } from './continuity.js';
import { absentFiles, emptyDirectory, whoStays } from './directory-doubt.js';
import { DirectoryWatch } from './directory-watch.js';
import { TIMING, WHITELIST_OPTIONS, type WhitelistOptions, type WhitelistTiming } from './options.js';
import { FirstAdmissions } from './first-admissions.js';
import { Rescans } from './rescans.js';
import { sentence } from './sentence.js';
import { WhitelistSnapshot, difference, type WhitelistChange } from './snapshot.js';

/** What a removal ended. The two have different keys when a rotation came first, or an edit not yet in force. */
export interface Removal {
  /** Who was admitted under the name when it was asked for. */
  readonly admitted: Client | undefined;
  /** What the file held at last; undefined when that was no key. */
  readonly removed: Client | undefined;
  /** Its last day, when that was over. */
  readonly expired: ExpiryDate | undefined;
  /** Who has the key still: the file was only a copy, and nothing has ended. */
  readonly copyOf: ClientName | undefined;
}

/**
 * Who is admitted, as the keys directory says. Reads, decides (`continuity.ts`, `#whitelist` admit), publishes.
 * When it cannot read, it keeps what it has: an accident to the directory revokes nobody.
 */
@Injectable()
export class WhitelistService implements OnModuleInit, OnModuleDestroy {
  readonly #announcements = new Announcements();
  readonly #changes = new Subject<WhitelistChange>();
  readonly #judged = new Subject<void>();
  readonly #timing: WhitelistTiming;
  readonly #directory: KeysDirectory;
  readonly #watch: DirectoryWatch;
  readonly #rescans: Rescans;
  readonly #admissions: FirstAdmissions;
  readonly #time: CredibleTime;

  #snapshot = WhitelistSnapshot.EMPTY;
  #standings: Standings = new Map();
  #continued: Continued | undefined;
  /** The reading in force; undefined when the next one must be looked at even if no file changed. */
  #reading: DirectoryReading | undefined;
  /** What is being put in force: the change it makes is no revocation. */
  #rotation: ClientRotation | undefined;
  readonly #rotations = new Turns();
  #directoryError: string | undefined;
  #warnings: readonly string[] = [];
  #timeWarnings: readonly string[] = [];
  /** When the first of those who are admitted expires, milliseconds since the epoch. */
  #nextExpiryMs = Infinity;

  constructor(@Inject(WHITELIST_OPTIONS) private readonly options: WhitelistOptions) {
    this.#timing = options.timing ?? TIMING;
    this.#directory = new KeysDirectory(options.directory, options.ownKeys);
    this.#admissions = new FirstAdmissions(options.stateDir);
    this.#time = new CredibleTime(options.stateDir, options.clock ?? systemClock);
    this.#rescans = new Rescans(() => this.#scan(), this.#timing);
    this.#watch = new DirectoryWatch(
      options.directory,
      () => this.#rescans.hint(),
      (why) =>
        log.say(
          'whitelist.unwatched',
          `the keys directory cannot be watched (${why}); it is read every ${this.#timing.rescan} ms`,
        ),
    );
  }

  /** Who is admitted now. Take it anew for each question. */
  get snapshot(): WhitelistSnapshot {
    return this.#snapshot;
  }

  /** Every change of the snapshot, after it is in force; what was admitted before subscribing is not told. */
  get changes(): Observable<WhitelistChange> {
    return this.#changes.asObservable();
  }

  /** After files were judged anew, whether or not that changed who is admitted. */
  get judged(): Observable<void> {
    return this.#judged.asObservable();
  }

  /** Who was admitted once, by this engine or before its start, and whose file is there and holds no key that can be read. */
  get spoilt(): readonly FirstAdmission[] {
    const names = this.#snapshot.entries().filter(({ state }) => state === 'invalid');
    const before = [...this.#admissions.record.values()];
    // Of several keys of a name, the one that came last.
    return names.flatMap(({ name }) => before.findLast((admission) => admission.name === name) ?? []);
  }

  /** Whether the directory was ever read since the start. Until then, who is not admitted may be on the whitelist. */
  get wasRead(): boolean {
    return this.#continued !== undefined;
  }

  /** Why the directory cannot be taken at its word, and what to do; the clients it lacks stay admitted. */
  get directoryError(): string | undefined {
    return this.#directoryError;
  }

  /** Why the order of first admission is not on disk, where it would outlive a restart. */
  get recordError(): string | undefined {
    return this.#admissions.error;
  }

  /** Why the time by which keys expire is not on disk. */
  get timeError(): string | undefined {
    return this.#time.error;
  }

  /** Who can write to the directory and should not, as it was last read. */
  get openDoors(): readonly string[] {
    return this.#warnings;
  }

  /** What is careless about the directory, as it was last read; whose key expires soon; a clock that is in doubt. */
  get warnings(): readonly string[] {
    return [...this.#warnings, ...this.#timeWarnings];
  }

  async onModuleInit(): Promise<void> {
    await this.#admissions.open();
    await this.#time.open();
    await this.rescan();
  }

  async onModuleDestroy(): Promise<void> {
    this.#watch.disarm();
    await this.#rescans.stop();
    this.#changes.complete();
    this.#judged.complete();
  }

  /** Reads the directory now; what was in it when this was called is in force when it resolves. */
  async rescan(): Promise<void> {
    await this.#rescans.now();
  }

  /**
   * Writes a client's file and puts it in force. The rules are those of `addClientFile`.
   * @throws BanyanError, also when the file was written and is not admitted.
   */
  async add(
    name: string,
    publicKey: string,
    more: Omit<AddClientRequest, 'name' | 'publicKey'> = {},
  ): Promise<AddedClient> {
    const { directory, ownKeys } = this.options;
    const held = this.#continued?.held ?? [];
    this.#time.look();
    const request = { ...more, name, publicKey };
    const added = await addClientFile(directory, ownKeys, request, this.#time.passedMs, held);
    await this.rescan();
    if (this.#snapshot.find(added.publicKey.text)?.name === added.name) return added;
    const entry = this.#snapshot.entries().find((candidate) => candidate.name === added.name);
    throw new BanyanError('conflict', `${added.path} is written but not admitted`, {
      remedy: entry?.reason ?? this.#directoryError ?? 'See `banyan-engine list-clients`.',
    });
  }

  /**
   * Removes a client's file and revokes its key. For a client that is held, whose file is away, it is the
   * operator's word that it shall not come back.
   * @throws BanyanError of `removeClientFile`; `conflict` when the file is removed and its key is still admitted.
   */
  async remove(name: string): Promise<Removal> {
    const admitted = this.#snapshot.named(name);
    const isHeld = admitted !== undefined && this.#isHeld(admitted);
    if (isHeld) this.#release(admitted);
    const { directory, ownKeys } = this.options;
    const { file: removed, copyOf } = isHeld
      ? { file: admitted, copyOf: undefined }
      : await removeClientFile(directory, ownKeys, name, this.#admissions.record, this.#continued?.files);
    const expired = removed && this.#snapshot.expired(removed.publicKey.text)?.expires;
    await this.rescan();
    if (copyOf === undefined) this.#refuseAdmitted(name, admitted, removed);
    return { admitted, removed, expired, copyOf };
  }

  /** That a client that was removed has not come back by a file that was written meanwhile. */
  #refuseAdmitted(name: string, ...removed: readonly (Client | undefined)[]): void {
    const left = removed.flatMap((one) => (one && this.#snapshot.find(one.publicKey.text)) ?? []);
    if (left.length === 0) return;
    throw new BanyanError(
      'conflict',
      `the file of ${name} is removed, and its key is still admitted, as ${left[0]!.name}`,
      {
        remedy:
          this.#directoryError ?? `Remove that too: \`banyan-engine remove-client --name ${left[0]!.name}\`.`,
      },
    );
  }

  /** @throws BanyanError of `checkRotation`: somebody has the new key, its tunnel address, or a copy of the old key. */
  refuseTaken(rotation: ClientRotation): void {
    checkRotation(rotation, this.#continued?.files ?? []);
  }

  /**
   * Gives a client another key, in its file and in force, as one change that revokes nobody.
   * @throws BanyanError of `rotateClientFile`; `conflict` when it is written and something else came in between.
   */
  rotate(rotation: ClientRotation): Promise<void> {
    return this.#rotations.take(async () => {
      const { directory, ownKeys } = this.options;
      this.#rotation = rotation;
      try {
        await rotateClientFile(directory, ownKeys, rotation, this.#continued?.held);
        await this.rescan();
      } finally {
        this.#rotation = undefined;
      }
      if (this.#snapshot.named(rotation.name)?.publicKey.equals(rotation.to)) return;
      throw new BanyanError(
        'conflict',
        `the file of ${rotation.name} was changed meanwhile, and that counts`,
      );
    });
  }

  #isHeld({ name }: Client): boolean {
    return this.#continued?.held.some((held) => held.name === name) ?? false;
  }

  #release({ name }: Client): void {
    this.#standings = new Map([...this.#standings].filter(([held]) => held !== name));
    this.#reading = undefined;
  }

  /** @returns when to read again at the latest, ms from now. */
  async #scan(): Promise<number> {
    let nextMs = this.#timing.rescan;
    this.#time.look();
    try {
      const reading = await this.#directory.read();
      if (this.#watch.arm(reading.directory)) this.#rescans.hint();
      this.#announcements.doors(this.#warnings, reading.warnings);
      this.#warnings = reading.warnings;
      if (this.#isSuspicious(reading)) {
        this.#report(emptyDirectory(this.options.directory, this.#admissions.record.size));
        return nextMs;
      }
      if (!this.#isSettled(reading)) this.#apply(reading);
      for (const since of this.#continued!.doubted.values()) {
        nextMs = Math.min(nextMs, Math.max(0, since + this.#timing.grace - performance.now()));
      }
      this.#report(absentFiles(this.options.directory, this.#continued!));
    } catch (error) {
      this.#watch.disarm();
      // No accident to the directory puts off an expiry.
      if (this.#isExpiryDue()) this.#admit(this.#continued!);
      this.#report(`${sentence(error)} ${whoStays(this.#snapshot.size)}`);
    }
    this.#warnOfTime();
    await this.#admissions.save();
    await this.#time.save();
    return Math.min(nextMs, this.#time.until(this.#nextExpiryMs));
  }

  #isExpiryDue(): boolean {
    return this.#nextExpiryMs <= this.#time.passedMs;
  }

  #warnOfTime(): void {
    const clients = [...this.#snapshot.clients()];
    const expiries = expiryWarnings(clients, this.#time.passedMs);
    const [clock] = clockWarning(this.#time.doubt, clients, this.#time.path);
    this.#announcements.expiries(expiries);
    this.#announcements.clock(clock);
    this.#timeWarnings = clock === undefined ? expiries : [...expiries, clock];
  }

  /** At start, an empty directory where others have been admitted: a mount point whose mount has failed has no keys. */
  #isSuspicious({ files }: DirectoryReading): boolean {
    return !this.wasRead && files.length === 0 && this.#admissions.record.size > 0;
  }

  /** Whether a reading can change nothing. */
  #isSettled({ directory, files }: DirectoryReading): boolean {
    const before = this.#reading;
    return (
      before !== undefined &&
      !this.#isExpiryDue() &&
      this.#continued?.doubted.size === 0 &&
      isSameDirectory(before.directory, directory) &&
      before.files.length === files.length &&
      before.files.every((file, index) => file === files[index])
    );
  }

  #apply(reading: DirectoryReading): void {
    const continued = keepClients(this.#standings, reading, performance.now(), this.#timing.grace);
    const clients = this.#admit(continued);
    this.#standings = standingsAfter(clients, continued, reading.directory, this.#standings);
    this.#reading = reading;
  }

  /** Puts in force what these files say at this time. */
  #admit(continued: Continued): readonly Client[] {
    const { entries, clients, record } = admit(continued.files, this.#admissions.record, this.#time.passedMs);
    const snapshot = new WhitelistSnapshot(clients, entries);
    const change = difference(this.#snapshot, snapshot, this.#rotation);
    // Of those who are kept although their files are away, some may have expired.
    const isAdmitted = ({ publicKey }: Client): boolean => snapshot.find(publicKey.text) !== undefined;
    const [held, unread] = [continued.held.filter(isAdmitted), continued.unread.filter(isAdmitted)];
    this.#continued = { ...continued, held, unread };
    this.#nextExpiryMs = clients.reduce(
      (next, { expires }) => (expires ? Math.min(next, endOf(expires)) : next),
      Infinity,
    );
    this.#admissions.record = change === undefined ? record : withoutFormer(record, change);
    this.#snapshot = snapshot;
    if (change !== undefined) {
      this.#announcements.change(change, snapshot);
      this.#changes.next(change);
    }
    this.#announcements.refusals(entries, continued.files);
    this.#judged.next();
    return clients;
  }

  #report(error: string | undefined): void {
    if (error === this.#directoryError) return;
    this.#directoryError = error;
    if (error === undefined) log.say('whitelist.readable', 'the keys directory is in order again');
    else log.say('whitelist.unreadable', error);
  }
}

/** A key that was rotated away was first nowhere: its place goes with it. */
function withoutFormer(record: AdmissionRecord, { rotated }: WhitelistChange): AdmissionRecord {
  if (rotated.length === 0) return record;
  const next = new Map(record);
  for (const { before } of rotated) {
    const address = tunnelAddress(before.publicKey);
    if (next.get(address)?.publicKey.equals(before.publicKey)) next.delete(address);
  }
  return next;
}
