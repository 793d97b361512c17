# Prints a line when it is listening on the loopback interface, then `address:port` for each request
# in plain text that contains one of the words in its arguments, until its standard input ends.
import select
import socket
import struct
import sys

words = [word.encode() for word in sys.argv[1:]]
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x0800))
packets.bind(("lo", 0))
packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
print("listening", flush=True)
while True:
    ready, _, _ = select.select([packets, sys.stdin], [], [])
    if packets not in ready:
        break
    frame = packets.recv(1 << 17)[14:]
    port = struct.unpack_from(">H", frame, (frame[0] & 15) * 4 + 2)[0]
    if port in (80, 443) and any(word in frame for word in words):
        print(f"{socket.inet_ntoa(frame[16:20])}:{port}", flush=True)
