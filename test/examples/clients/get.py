"""Asks for https://localhost:PORT/patients: get.py PORT TLSv1_2|TLSv1_3 CA [CERT KEY]"""
import http.client
import ssl
import sys

port, version, ca, *credential = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.maximum_version = ssl.TLSVersion[version]
if credential:
    context.load_cert_chain(*credential)
connection = http.client.HTTPSConnection("localhost", int(port), context=context, timeout=20)
connection.request("GET", "/patients")
answer = connection.getresponse()
print(answer.status, connection.sock.version() if connection.sock else "", answer.read().decode())
