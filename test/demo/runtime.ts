import { CniRuntime } from '../containers/cni-runtime.js';
import { DockerOn } from '../containers/docker-on.js';
import { webServer } from '../containers/web.js';
import { messageOf } from '#errors';
import { until, type Account, type Host } from '../lab/index.js';
import type { Stage } from './stage.js';

const PAGE_FILE = 'web/page.html';

/** What runs containers on a host of the demo. */
export interface Runtime {
  /** Starts one that serves `page` on port 8080, at `/page.html`. */
  serve(page: string): Promise<{ readonly address: string; readonly inside: Account }>;
  destroy(): Promise<void>;
}

/** Docker where it runs, else Debian's CNI plugins with network namespaces for containers. */
export async function startRuntime(host: Host, stage: Stage): Promise<Runtime> {
  let docker: DockerOn | undefined;
  try {
    docker = await DockerOn.start(host);
    await until(() => docker!.docker('network', 'inspect', 'banyan'), {
      what: 'the agent has made the Docker network',
    });
    return dockerRuntime(docker, host, stage);
  } catch (error) {
    stage.note(`(no Docker here: ${messageOf(error).split('\n', 1)[0]}; network namespaces and CNI instead)`);
    await docker?.destroy().catch(() => undefined);
    return cniRuntime(host);
  }
}

function dockerRuntime(docker: DockerOn, host: Host, stage: Stage): Runtime {
  return {
    serve: async (page) => {
      const server = ['banyan-test', 'busybox', 'httpd', '-f', '-p', '0.0.0.0:8080', '-h', '/web'];
      const options = ['--detach', '--network', 'banyan', '--name', 'web', '--stop-signal', 'KILL'];
      await stage.run(host, ['docker', 'run', ...options, ...server]);
      const inside = docker.inside('web');
      await host.output(['docker', 'exec', '-i', 'web', 'sh', '-c', `cat > /${PAGE_FILE}`], { input: page });
      return { address: await docker.addressOf('web'), inside };
    },
    destroy: () => docker.destroy(),
  };
}

function cniRuntime(host: Host): Runtime {
  return {
    serve: async (page) => {
      const { address, inside } = await new CniRuntime(host).run('web');
      await host.writeFile(`/run/${PAGE_FILE}`, page, 0o644);
      inside.spawn(webServer('/run/web'));
      return { address, inside };
    },
    destroy: () => Promise.resolve(),
  };
}
