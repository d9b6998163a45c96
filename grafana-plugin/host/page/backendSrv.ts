import { from, type Observable } from 'rxjs';
import type { BackendSrv, BackendSrvRequest, FetchError, FetchResponse } from '@grafana/runtime';
import { currentRole } from './boot';

/** What the plugin uses of Grafana's BackendSrv, over the browser's fetch. */
export function createBackendSrv(): BackendSrv {
  const fetchOne = <T>(request: BackendSrvRequest): Observable<FetchResponse<T>> => from(send<T>(request));
  const request = async <T>(options: BackendSrvRequest) => (await send<T>(options)).data;

  return {
    fetch: fetchOne,
    request,
    datasourceRequest: (options) => send(options),
    get: (url, params, _id, options) => request({ ...options, url, params, method: 'GET' }),
    delete: (url, data, options) => request({ ...options, url, data, method: 'DELETE' }),
    post: (url, data, options) => request({ ...options, url, data, method: 'POST' }),
    patch: (url, data, options) => request({ ...options, url, data, method: 'PATCH' }),
    put: (url, data, options) => request({ ...options, url, data, method: 'PUT' }),
    chunked: () => {
      throw new Error('the plugin host has no chunked requests');
    },
  };
}

async function send<T>(request: BackendSrvRequest): Promise<FetchResponse<T>> {
  const hasBody = request.data !== undefined && request.method !== 'GET';
  const response = await fetch(address(request), {
    method: request.method ?? 'GET',
    headers: {
      ...request.headers,
      'X-Pluginhost-Role': currentRole(),
      ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
    },
    body: hasBody ? JSON.stringify(request.data) : undefined,
    signal: request.abortSignal,
  });
  const text = await response.text();
  const data = parse(text);
  if (!response.ok) {
    const failure: FetchError = { status: response.status, statusText: response.statusText, data, config: request };
    throw failure;
  }
  return {
    data: data as T,
    status: response.status,
    statusText: response.statusText,
    ok: true,
    headers: response.headers,
    redirected: response.redirected,
    type: response.type,
    url: response.url,
    config: request,
  };
}

/** A list becomes a parameter a value, as in Grafana. */
function address({ url, params }: BackendSrvRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      search.append(name, String(one));
    }
  }
  const query = search.toString();
  return query ? `${url}${url.includes('?') ? '&' : '?'}${query}` : url;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
