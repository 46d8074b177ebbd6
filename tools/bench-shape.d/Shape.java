import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own producer or consumer for tools/bench-shape.
 *
 * <p>produce TOPIC VALUE_BYTES RATE WARM_UP_S SECONDS NAME=VALUE… sends values without keys, paced (RATE messages/s; 0: as fast as send() takes
 * them), and prints messages acknowledged per second of the measured time and its requests' mean latency; paced, also
 * the partitions in the order of sending.
 * consume TOPIC WARM_UP_S SECONDS NAME=VALUE… reads the topic from its beginning and prints messages received per second.
 */
public final class Shape {
    private static final PrintStream OUT = System.out;

    public static void main(String[] args) throws Exception {
        if (args[0].equals("produce")) {
            produce(args[1], Integer.parseInt(args[2]), Long.parseLong(args[3]), seconds(args[4]), seconds(args[5]), properties(args, 6));
        } else {
            consume(args[1], seconds(args[2]), seconds(args[3]), properties(args, 4));
        }
        OUT.flush();
        // Whatever is still on its way through a slow network is nobody's concern.
        Runtime.getRuntime().halt(0);
    }

    private static void produce(String topic, int valueBytes, long rate, long warmUpNs, long lengthNs, Properties properties) {
        byte[] value = new byte[valueBytes];
        Arrays.fill(value, (byte) 7);
        properties.put("key.serializer", ByteArraySerializer.class.getName());
        properties.put("value.serializer", ByteArraySerializer.class.getName());
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties);
        producer.partitionsFor(topic);
        int paced = (int) (rate * (warmUpNs + lengthNs) / 1_000_000_000L);
        int[] partitions = new int[paced];
        AtomicLongArray counts = new AtomicLongArray(2);
        long begin = System.nanoTime();
        for (int i = 0; rate == 0 || i < paced; i++) {
            if (rate > 0) {
                awaitNs(begin + i * 1_000_000_000L / rate);
            } else if (System.nanoTime() - begin > warmUpNs + lengthNs) {
                break;
            }
            int index = i;
            producer.send(new ProducerRecord<>(topic, value), (metadata, error) -> {
                if (error != null) {
                    counts.incrementAndGet(1);
                    return;
                }
                if (rate > 0) {
                    partitions[index] = metadata.partition();
                }
                long at = System.nanoTime() - begin;
                if (at >= warmUpNs && at < warmUpNs + lengthNs) {
                    counts.incrementAndGet(0);
                }
            });
        }
        if (rate > 0) {
            producer.flush();
            OUT.println("partitions " + Arrays.toString(partitions));
        }
        producer.metrics().forEach((name, metric) -> {
            if (name.group().equals("producer-metrics") && name.name().equals("request-latency-avg")) {
                OUT.println("request_latency_ms " + metric.metricValue());
            }
        });
        OUT.println("failed " + counts.get(1));
        OUT.println("per_s " + counts.get(0) * 1e9 / lengthNs);
    }

    private static void awaitNs(long due) {
        long left = due - System.nanoTime();
        while (left > 0) {
            if (left > 200_000) {
                java.util.concurrent.locks.LockSupport.parkNanos(left - 100_000);
            } else {
                Thread.onSpinWait();
            }
            left = due - System.nanoTime();
        }
    }

    private static void consume(String topic, long warmUpNs, long lengthNs, Properties properties) {
        properties.put("key.deserializer", ByteArrayDeserializer.class.getName());
        properties.put("value.deserializer", ByteArrayDeserializer.class.getName());
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties);
        consumer.subscribe(List.of(topic));
        long begin = 0;
        long count = 0;
        while (begin == 0 || System.nanoTime() - begin < warmUpNs + lengthNs) {
            int polled = consumer.poll(Duration.ofMillis(50)).count();
            if (begin == 0 && polled > 0) {
                begin = System.nanoTime();
            }
            if (begin > 0 && System.nanoTime() - begin >= warmUpNs) {
                count += polled;
            }
        }
        OUT.println("per_s " + count * 1e9 / lengthNs);
    }

    private static long seconds(String text) {
        return (long) (Double.parseDouble(text) * 1e9);
    }

    private static Properties properties(String[] args, int from) {
        Properties properties = new Properties();
        for (String pair : Arrays.copyOfRange(args, from, args.length)) {
            int at = pair.indexOf('=');
            properties.put(pair.substring(0, at), pair.substring(at + 1));
        }
        return properties;
    }
}
