import * as dataPlane from '../../dataplane/src/names.js';
import { BRIDGE, INTERFACE } from './names.js';

describe('the interfaces that containers join', () => {
  it('are those the data plane makes', () => {
    expect({ BRIDGE, INTERFACE }).toEqual({ BRIDGE: dataPlane.BRIDGE, INTERFACE: dataPlane.INTERFACE });
  });
});
