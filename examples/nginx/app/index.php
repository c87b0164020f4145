<?php
// Shows what nginx passed on; with ?wait=SECONDS it first makes a file and waits.
if (isset($_GET['wait'])) {
    touch('/tmp/waiting');
    sleep((int) $_GET['wait']);
}
echo 'host ', $_SERVER['HTTP_HOST'], ', uri ', $_SERVER['REQUEST_URI'], "\n";
