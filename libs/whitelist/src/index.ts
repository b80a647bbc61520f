/**
 * The whitelist: a directory of `.pub` files, and which of their keys are admitted.
 *
 * Reading goes `directory` (bytes, bounded) → `client-file` (one key and its terms, or why not) → `admit` (one name
 * and one tunnel address a key, and not after its last day). `passed-time` says which days are over. Writing goes through `add-client`,
 * `rotate-client` and `remove-client`.
 * Not here: watching the directory and keeping clients through its accidents (`apps/engine/src/whitelist`).
 */
export { CLIENT_FILE_SUFFIX, parseClientName, type ClientName } from './client-name.js';
export {
  CLIENT_ROLES,
  askedTerms,
  coversRole,
  DEFAULT_TERMS,
  sameTerms,
  termsText,
  type AskedTerms,
  type ClientRole,
  type ClientTerms,
} from './client-terms.js';
export { endOf, parseExpiryDate, type ExpiryDate } from './expiry-date.js';
export { systemClock, type Clock, type Moment } from './clock.js';
export { PassedTime } from './passed-time.js';
export { openSeenTime, saveSeenTime, seenTimePath } from './seen-time.js';
export { clockWarning, expiryWarnings } from './expiry-warnings.js';
export { parseClientFile, type ClientFileContent, type Refusal } from './client-file.js';
export { isSameDirectory, type DirectoryIdentity } from './directory-identity.js';
export { KeysDirectory, type ClientFile, type DirectoryReading } from './directory.js';
export { admit, type Admission, type Client, type Entry, type EntryState } from './admit.js';
export {
  NO_ADMISSIONS,
  openAdmissionRecord,
  readAdmissionRecord,
  saveAdmissionRecord,
  type AdmissionRecord,
  type FirstAdmission,
} from './admission-record.js';
export { addClientFile, type AddClientRequest, type AddedClient } from './add-client.js';
export { checkRotation, rotateClientFile, type ClientRotation } from './rotate-client.js';
export { removeClientFile, type RemovedFile } from './remove-client.js';
export { listClients, type EngineRecords } from './list-clients.js';
