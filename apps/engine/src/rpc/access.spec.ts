import 'reflect-metadata';
import { AdminServiceService, EngineServiceService, OperatorServiceService } from '#protocol';
import { ACCESS, type Access } from '../auth/access.js';
import { AdminController } from './admin.controller.js';
import { EngineController } from './engine.controller.js';
import { KeyAdminController } from './key-admin.controller.js';
import { NetworkAdminController } from './network-admin.controller.js';
import { OperatorController } from './operator.controller.js';

const SERVICES = [
  ['EngineService', EngineServiceService, [EngineController]],
  ['OperatorService', OperatorServiceService, [OperatorController]],
  ['AdminService', AdminServiceService, [AdminController, NetworkAdminController, KeyAdminController]],
] as const;

function accessOf(controllers: readonly { prototype: object }[], method: string): Access | undefined {
  const handlers = controllers.map(({ prototype }): unknown => Reflect.get(prototype, method));
  const handler = handlers.find((one) => one !== undefined);
  return typeof handler === 'function'
    ? (Reflect.getMetadata(ACCESS, handler) as Access | undefined)
    : undefined;
}

describe('every RPC of the contract', () => {
  it.each(SERVICES)('of %s is implemented and declares who may call it', (_, service, controllers) => {
    for (const method of Object.keys(service)) {
      expect([method, accessOf(controllers, method)]).toEqual([
        method,
        expect.stringMatching(/^(anyone|client|admin)$/),
      ]);
    }
  });

  it('needs an admitted key, but for Health and for the admin socket', () => {
    const open = SERVICES.flatMap(([name, service, controllers]) =>
      Object.keys(service)
        .filter((method) => accessOf(controllers, method) !== 'client')
        .map((method) => `${name}.${method}`),
    );
    expect(open.filter((method) => !method.startsWith('AdminService.'))).toEqual(['EngineService.health']);
    for (const method of Object.keys(AdminServiceService))
      expect(accessOf([AdminController, NetworkAdminController, KeyAdminController], method)).toBe('admin');
  });
});
