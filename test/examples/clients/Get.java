import java.io.FileInputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Asks for https://localhost:PORT/patients: Get.java PORT CA [PKCS12 PASSPHRASE_FILE] */
public class Get {
    public static void main(String[] args) throws Exception {
        KeyManager[] keys = args.length < 4 ? new KeyManager[0] : keysOf(args[2], Files.readString(Path.of(args[3])).strip());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, trustOf(args[1]).getTrustManagers(), null);
        var connection = (HttpsURLConnection) new URL("https://localhost:" + args[0] + "/patients").openConnection();
        connection.setSSLSocketFactory(context.getSocketFactory());
        String body = new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        System.out.println(connection.getResponseCode() + " " + body);
    }

    private static KeyManager[] keysOf(String file, String passphrase) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (var stream = new FileInputStream(file)) {
            store.load(stream, passphrase.toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, passphrase.toCharArray());
        return factory.getKeyManagers();
    }

    private static TrustManagerFactory trustOf(String file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var stream = new FileInputStream(file)) {
            store.setCertificateEntry("server-ca", CertificateFactory.getInstance("X.509").generateCertificate(stream));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }
}
