# libtorrent, driven by lines of JSON on standard input; ends with it.
import base64, json, os, select, sys, libtorrent as lt

options = json.loads(sys.argv[1])
forced, utp = options['encryption'] == 'forced', options['transport'] == 'uTP'
policy = lt.enc_policy.forced if forced else lt.enc_policy.disabled
session = lt.session({
    'listen_interfaces': options['host'] + ':0', 'outgoing_interfaces': '', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'out_enc_policy': int(policy), 'in_enc_policy': int(policy), 'allowed_enc_level': int(lt.enc_level.rc4 if forced else lt.enc_level.plaintext),
    'enable_outgoing_utp': utp, 'enable_incoming_utp': utp, 'enable_outgoing_tcp': not utp, 'enable_incoming_tcp': not utp,
    'allow_multiple_connections_per_ip': True, 'active_limit': -1, 'active_downloads': -1, 'active_seeds': -1, 'active_checking': -1, 'connection_speed': 500, 'min_reconnect_time': 1, 'max_failcount': 100,
    'alert_mask': lt.alert.category_t.error_notification | lt.alert.category_t.status_notification | lt.alert.category_t.connect_notification | lt.alert.category_t.peer_notification | lt.alert.category_t.storage_notification | lt.alert.category_t.tracker_notification})
handles, flushed, flushing, listening = {}, set(), set(), False


def say(answer):
    print('> ' + json.dumps(answer), flush=True)


def read_alerts():
    global listening
    for alert in session.pop_alerts():
        if isinstance(alert, lt.cache_flushed_alert):
            flushed.add(str(alert.handle.info_hash()))
        if isinstance(alert, lt.listen_succeeded_alert) and not listening:
            listening = True
            print(f'PORT {alert.port}', flush=True)
        print(f'{type(alert).__name__} {alert.message()}', file=sys.stderr, flush=True)


def obey(command):
    if command['do'] == 'add':
        for torrent in command['torrents']:
            params = lt.parse_magnet_uri(torrent['magnet']) if 'magnet' in torrent else lt.add_torrent_params()
            if 'file' in torrent:
                params.ti = lt.torrent_info(lt.bdecode(base64.b64decode(torrent['file'])))
            params.save_path = options['dir']
            params.flags &= ~lt.torrent_flags.auto_managed & ~lt.torrent_flags.paused
            handles[torrent['infoHash']] = session.add_torrent(params)
        say(len(handles))
    if command['do'] == 'complete':
        for infohash, handle in handles.items():
            if infohash in flushing:
                continue
            if handle.status().is_seeding:
                flushing.add(infohash)
                handle.flush_cache()
            else:
                handle.force_reannounce(0, -1)
        say(sorted(flushed))


# One thread alone: the binding crashes now and then where alerts are read in another one.
pending = b''
while True:
    read_alerts()
    if not select.select([0], [], [], 0.02)[0]:
        continue
    chunk = os.read(0, 65536)
    if chunk == b'':
        break
    *lines, pending = (pending + chunk).split(b'\n')
    for line in lines:
        obey(json.loads(line))
