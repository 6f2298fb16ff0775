import {inject} from '@loopback/core';
import {get, Request, response, RestBindings} from '@loopback/rest';

export class PingController {
  constructor(@inject(RestBindings.Http.REQUEST) private req: Request) {}

  @get('/ping')
  @response(200, {description: 'Ping Response'})
  ping(): object {
    return {greeting: 'Hello from LoopBack', url: this.req.url};
  }
}
