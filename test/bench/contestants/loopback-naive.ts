import {
  authenticate,
  AuthenticationComponent,
  type AuthenticationStrategy,
  registerAuthenticationStrategy,
} from '@loopback/authentication';
import {
  AuthorizationComponent,
  AuthorizationDecision,
  AuthorizationTags,
  authorize,
  type AuthorizationContext,
  type AuthorizationMetadata,
} from '@loopback/authorization';
import {get, HttpErrors, param, RestApplication, type Request} from '@loopback/rest';
import {securityId, type UserProfile} from '@loopback/security';
import type {TLSSocket} from 'node:tls';
import {patient, ready} from './answer';
import {mutualTls} from './tls';

class CertificateStrategy implements AuthenticationStrategy {
  readonly name = 'certificate';

  async authenticate(request: Request): Promise<UserProfile> {
    const socket = request.socket as TLSSocket;
    const {subject} = socket.getPeerCertificate();
    if (!socket.authorized || !subject.CN) throw new HttpErrors.Unauthorized();
    return Promise.resolve({[securityId]: String(subject.CN), name: String(subject.CN), roles: [subject.OU]});
  }
}

@authenticate('certificate')
@authorize({allowedRoles: ['Clinicians']})
class PatientController {
  @get('/patients/{id}')
  findById(@param.path.string('id') id: string): object {
    return patient(id);
  }
}

/** LoopBack as its documentation would have it: both components, a strategy and an authorizer written by hand. */
async function main(): Promise<void> {
  const app = new RestApplication({rest: {port: 0, host: '127.0.0.1', protocol: 'https', ...mutualTls()}});
  app.component(AuthenticationComponent);
  app.component(AuthorizationComponent);
  registerAuthenticationStrategy(app, CertificateStrategy);
  app
    .bind('authorizers.roles')
    .to(async (context: AuthorizationContext, metadata: AuthorizationMetadata) => {
      const roles = (context.principals[0]?.['roles'] ?? []) as string[];
      const allowed = metadata.allowedRoles?.some(role => roles.includes(role)) === true;
      return Promise.resolve(allowed ? AuthorizationDecision.ALLOW : AuthorizationDecision.DENY);
    })
    .tag(AuthorizationTags.AUTHORIZER);
  app.controller(PatientController);
  await app.start();
  ready(Number(new URL(app.restServer.url ?? '').port));
}

void main();
