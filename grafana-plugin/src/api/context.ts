import { createContext, useContext } from 'react';
import type { Api } from './api';

/** What every page needs: whom to ask, and whether the user may change things. */
export interface Session {
  api: Api;
  /** The backend enforces it again; here it only hides what would be refused. */
  canEdit: boolean;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) {
    throw new Error('useSession needs a SessionContext above it');
  }
  return session;
}
