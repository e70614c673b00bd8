;; The check digit of a card number (Luhn): 0 if no digit was mistyped. `wat2wasm check_digit.wat` makes check_digit.wasm.
;;
;; It gets {"number": "4539 1488 0343 6467"} and answers with one digit. All other characters are passed over.
(module
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 16))

  (func (export "alloc") (param $bytes i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $bytes))))

  (func (export "check_digit") (param $at i32) (param $length i32) (result i64)
    (local $i i32) (local $digit i32) (local $sum i32) (local $double i32)
    (local.set $i (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.le_u (local.get $i) (local.get $at)))
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (local.set $digit (i32.sub (i32.load8_u (local.get $i)) (i32.const 48)))
        (br_if $next (i32.gt_u (local.get $digit) (i32.const 9)))
        (if (local.get $double)
          (then
            (local.set $digit (i32.shl (local.get $digit) (i32.const 1)))
            (if (i32.gt_u (local.get $digit) (i32.const 9))
              (then (local.set $digit (i32.sub (local.get $digit) (i32.const 9)))))))
        (local.set $sum (i32.add (local.get $sum) (local.get $digit)))
        (local.set $double (i32.xor (local.get $double) (i32.const 1)))
        (br $next)))
    (i32.store8 (i32.const 0) (i32.add (i32.rem_u (local.get $sum) (i32.const 10)) (i32.const 48)))
    ;; The answer is one byte at address 0.
    (i64.const 1)))
