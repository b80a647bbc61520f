import 'reflect-metadata';
import {
  AdminServiceService,
  EngineServiceService,
  OperatorServiceService,
  RotationServiceService,
} from '#protocol';
import { ACCESS, type Access } from '../auth/access.js';
import { AdminController } from './admin.controller.js';
import { EngineController } from './engine.controller.js';
import { EventsController } from './events.controller.js';
import { KeyAdminController } from './key-admin.controller.js';
import { LogAdminController } from './log-admin.controller.js';
import { MeshController } from './mesh.controller.js';
import { NetworkAdminController } from './network-admin.controller.js';
import { OperatorController } from './operator.controller.js';
import { RotationController } from './rotation.controller.js';

const SERVICES = [
  ['EngineService', EngineServiceService, [EngineController]],
  ['OperatorService', OperatorServiceService, [OperatorController, MeshController, EventsController]],
  ['RotationService', RotationServiceService, [RotationController]],
  [
    'AdminService',
    AdminServiceService,
    [AdminController, NetworkAdminController, KeyAdminController, LogAdminController],
  ],
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
        expect.stringMatching(/^(anyone|agent|cli|client|admin)$/),
      ]);
    }
  });

  it('needs an admitted key of the role that its service is for, but for Health and for the admin socket', () => {
    const USUAL = {
      EngineService: 'agent',
      OperatorService: 'cli',
      RotationService: 'client',
      AdminService: 'admin',
    };
    const others = SERVICES.flatMap(([name, service, controllers]) =>
      Object.keys(service)
        .map((method) => [method, accessOf(controllers, method)] as const)
        .filter(([, access]) => access !== USUAL[name])
        .map(([method, access]) => `${name}.${method}: ${access}`),
    );
    // Every client may learn the engine's new key, whatever its role.
    expect(others).toEqual(['EngineService.health: anyone', 'EngineService.confirmEngineKey: client']);
  });
});
