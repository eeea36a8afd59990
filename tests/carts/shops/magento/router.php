<?php
// A shop's SOAP face: PHP's own SOAP server over a shop's description of its API and a file of orders.
// Run as `php -S 127.0.0.1:<port> router.php` with SHOP_FOLDER; see server.py for what the files hold.

ini_set('soap.wsdl_cache_enabled', '0');
ini_set('memory_limit', '512M');
$folder = getenv('SHOP_FOLDER');
$plan = json_decode(file_get_contents("$folder/plan.json"), true);

function note(string $folder, array $what): void
{
    file_put_contents("$folder/calls.jsonl", json_encode($what) . "\n", FILE_APPEND | LOCK_EX);
}

if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) !== '/index.php/api/v2_soap/') {
    http_response_code(404);
    exit('<html><body>404 Not Found</body></html>');
}
$body = file_get_contents('php://input');
if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    note($folder, ['operation' => 'wsdl']);
    if (isset($plan['wsdl_status'])) {
        http_response_code($plan['wsdl_status']);
        exit('not here');
    }
    header('Content-Type: text/xml');
    readfile("$folder/public.wsdl");
    exit;
}
preg_match('~Body>\s*<(?:[\w-]+:)?(\w+)~', $body, $found);
$operation = preg_replace('~(Request)?Param$~', '', $found[1] ?? '');
if (isset($plan['spoils']) && in_array($operation, $plan['spoils'], true)) {
    note($folder, ['operation' => $operation, 'spoilt' => true]);
    usleep((int) (1000000 * ($plan['sleep'] ?? 0)));
    http_response_code($plan['status'] ?? 200);
    foreach ($plan['headers'] ?? [] as $name => $value) {
        header("$name: $value");
    }
    echo $plan['answer'] ?? '';
    exit;
}

class Shop
{
    private const ARGUMENTS = [
        'login' => ['username', 'apiKey'],
        'endSession' => ['sessionId'],
        'salesOrderList' => ['sessionId', 'filters'],
        'salesOrderInfo' => ['sessionId', 'orderIncrementId'],
        'salesOrderShipmentList' => ['sessionId', 'filters'],
        'salesOrderShipmentInfo' => ['sessionId', 'shipmentIncrementId'],
        'customerCustomerInfo' => ['sessionId', 'customerId', 'attributes'],
    ];

    public function __construct(private string $folder, private array $plan)
    {
    }

    public function __call(string $operation, array $arguments)
    {
        $names = self::ARGUMENTS[$operation];
        $wsi = $this->plan['wsi'];
        $given = $wsi ? get_object_vars($arguments[0]) : [];
        foreach ($wsi ? [] : $names as $index => $name) {
            $given[$name] = $arguments[$index] ?? null;
        }
        note($this->folder, ['operation' => $operation, 'arguments' => $this->told($given)]);
        $answer = $this->$operation($given);
        return $wsi ? (object) ['result' => $this->packed($answer)] : $answer;
    }

    private function login(array $given): string
    {
        if ($given['username'] !== $this->plan['user'] || $given['apiKey'] !== $this->plan['key']) {
            throw new SoapFault('2', 'Access denied.');
        }
        $session = bin2hex(random_bytes(16));
        file_put_contents("$this->folder/session", json_encode([$session, $this->plan['session_calls']]));
        return $session;
    }

    private function endSession(array $given): bool
    {
        @unlink("$this->folder/session");
        return true;
    }

    private function salesOrderList(array $given)
    {
        $this->enter('salesOrderList', $given);
        return $this->filtered('rows', $given['filters']);
    }

    private function salesOrderShipmentList(array $given)
    {
        $this->enter('salesOrderShipmentList', $given);
        $rows = $this->filtered('shipments', $given['filters']);
        $kept = array_flip(['increment_id', 'created_at', 'total_qty']); // the shop tells no more than these
        return array_map(fn ($row) => (object) array_intersect_key((array) $row, $kept), $rows);
    }

    private function salesOrderInfo(array $given)
    {
        $this->enter('salesOrderInfo', $given);
        return $this->one('orders', $given['orderIncrementId'], '100', 'Requested order not exists.');
    }

    private function salesOrderShipmentInfo(array $given)
    {
        $this->enter('salesOrderShipmentInfo', $given);
        $id = $given['shipmentIncrementId'];
        return $this->one('shipments', $id, '100', 'Requested shipment not exists.');
    }

    private function customerCustomerInfo(array $given)
    {
        $this->enter('customerCustomerInfo', $given);
        return $this->one('customers', (string) $given['customerId'], '102', 'Customer not exists.');
    }

    private function enter(string $operation, array $given): void
    {
        [$session, $left] = json_decode(@file_get_contents("$this->folder/session") ?: '["", 0]');
        if ($given['sessionId'] !== $session || $left <= 0) {
            throw new SoapFault('5', 'Session expired. Try to relogin.');
        }
        file_put_contents("$this->folder/session", json_encode([$session, $left - 1]));
        if (in_array($operation, $this->plan['denied'], true)) {
            throw new SoapFault('2', 'Access denied.');
        }
        if (isset($this->plan['faults'][$operation])) {
            throw new SoapFault($this->plan['faults'][$operation], "It hurts, {$given['sessionId']}.");
        }
    }

    private function data(string $name): array
    {
        return (array) json_decode(file_get_contents("$this->folder/data.json"))->$name;
    }

    private function one(string $kind, string $id, string $code, string $message)
    {
        if (in_array($id, $this->plan['hurt'], true)) {
            throw new SoapFault('1', 'Internal Error. Please see log for details.');
        }
        $known = $this->data($kind);
        if (!isset($known[$id])) {
            throw new SoapFault($code, $message);
        }
        return $known[$id];
    }

    private function filtered(string $kind, $filters): array
    {
        $conditions = $filters->complex_filter ?? [];
        $conditions = $conditions->complexObjectArray ?? $conditions;
        $rows = array_values($this->data($kind));
        foreach (is_array($conditions) ? $conditions : [$conditions] as $condition) {
            [$field, $test, $wanted] = [$condition->key, $condition->value->key, $condition->value->value];
            $rows = array_filter($rows, fn ($row) => match ($test) {
                'eq' => $row->$field === $wanted,
                'in' => in_array($row->$field, explode(',', $wanted), true),
                'from' => $row->$field >= $wanted,
                'to' => $row->$field <= $wanted,
            });
        }
        $most = $this->plan['most_rows'];
        if ($most !== null && count($rows) > $most) {
            for ($size = 0; $size < 31; $size++) {
                echo str_repeat('<row>Envelope</row>', 1 << 16);
            }
            exit;
        }
        return array_values($rows);
    }

    private function told(array $given): array
    {
        unset($given['sessionId'], $given['apiKey']);
        return $given;
    }

    private function packed($value)
    {
        if (is_array($value)) {
            return (object) ['complexObjectArray' => array_map(fn ($item) => $this->packed($item), $value)];
        }
        return is_object($value) ? (object) array_map(fn ($item) => $this->packed($item), (array) $value) : $value;
    }
}

$server = new SoapServer("$folder/own.wsdl", ['cache_wsdl' => WSDL_CACHE_NONE, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setObject(new Shop($folder, $plan));
$server->handle($body);
