<?php
// Answers with the ids it runs as; with ?wait=SECONDS it first makes a file and waits.
error_log('php: a line of the application');
if (isset($_GET['wait'])) {
    touch('/tmp/waiting');
    sleep((int) $_GET['wait']);
}
printf("uid %d gid %d home %s\n", posix_getuid(), posix_getgid(), getenv('HOME'));
