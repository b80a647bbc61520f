/**
 * `banyan.yaml`: where it is, what it may say, and how it is read and replaced.
 * Not here: prompts, how a key is rotated (`#rotation`) and what a program does with its settings (`apps/`), nor the whitelist.
 *
 * Reading: text → `document` (YAML) → `section` (shape) → `settings` (types). Writing: `edit` changes the
 * text of one section and leaves the rest as its author wrote it; `save` replaces the file.
 */
export { DEFAULT_CONFIG_PATH, defaultConfigPath, defaultStateDir } from './location.js';
export { loadConfig, readConfig, type ConfigFile, type Loaded } from './load.js';
export { saveSection } from './save.js';
export { saveEngineKey } from './engine-pin.js';
export { withConfigLock } from './lock.js';
export { readKeyFile, withKeyFile } from './key-file.js';
export { adoptKey, checkAdoptable } from './adopt-key.js';
export { readPrivateFile } from './private-file.js';
export { readGivenFile, readSecretFile } from './given-file.js';
export { configuredKeys } from './keys.js';
export type {
  AgentSettings,
  CliSettings,
  EngineLimits,
  EngineSettings,
  HeaderAuth,
  SettingsOf,
  StoreAccess,
  StoreBackend,
} from './settings.js';
export { checkSection, fieldsOf, type SectionOf } from './section.js';
export { describedFields, type DescribedField } from './described-fields.js';
export {
  ROLES,
  isAbsolutePath,
  isHost,
  isPort,
  isStoreAddress,
  storeAddresses,
  type ListenAddress,
  type Role,
} from './fields.js';
export type { FieldChanges } from './edit.js';
