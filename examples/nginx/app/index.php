<?php echo 'host ', $_SERVER['HTTP_HOST'], ', uri ', $_SERVER['REQUEST_URI'], "\n";
