"""Masks, networks and hardware addresses."""
import ipaddress
import re

_MAC = re.compile(r'[0-9a-f]{2}([-:])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$', re.IGNORECASE)


def is_netmask(val):
    """Whether it is a mask: `255.255.0.0`."""
    try:
        to_masklen(val)
    except ValueError:
        return False
    return True


def is_masklen(val):
    """Whether it is the length of a mask."""
    try:
        return 0 <= int(val) <= 32
    except ValueError:
        return False


def to_netmask(val):
    """The mask of this length."""
    if not is_masklen(val):
        raise ValueError('invalid value for masklen')
    return str(ipaddress.IPv4Network('0.0.0.0/%s' % int(val)).netmask)


def to_bits(val):
    """The bits of a mask or address, as text."""
    return ''.join('{:08b}'.format(int(octet)) for octet in val.split('.'))


def to_masklen(val):
    """The length of this mask."""
    octets = str(val).split('.')
    if len(octets) != 4 or not all(octet.isdigit() and int(octet) < 256 for octet in octets):
        raise ValueError('invalid value for netmask: %s' % val)
    bits = to_bits(val)
    if '01' in bits:
        raise ValueError('invalid value for netmask: %s' % val)
    return bits.count('1')


def to_subnet(addr, mask, dotted_notation=False):
    """The network of an address."""
    length = int(mask) if is_masklen(mask) else to_masklen(mask)
    network = ipaddress.IPv4Network('%s/%s' % (addr, length), strict=False)
    end = to_netmask(length) if dotted_notation else length
    return '%s %s' % (network.network_address, end) if dotted_notation else '%s/%s' % (network.network_address, end)


def is_mac(mac_address):
    """Whether it is a hardware address."""
    return bool(_MAC.match(mac_address))
