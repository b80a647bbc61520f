import { unreadableOutput } from './unreadable-output.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The list of objects that `ip -json` prints; nothing at all is an empty list. @throws BanyanError `host`. */
export function parseIpJson(output: string, command: string): JsonObject[] {
  if (output.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    throw unreadableOutput(command, 'it is not JSON');
  }
  return listOf(value);
}

/** The objects of a JSON list; `ip` also prints empty ones, for entries that its filter left out. */
export function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
