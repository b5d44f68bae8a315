module tcp-echo

go 1.19
